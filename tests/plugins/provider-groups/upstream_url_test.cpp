#include "upstream_url.hpp"

#include <gtest/gtest.h>

namespace ezapi::provider_groups {
namespace {

TEST(UpstreamUrl, KeepsOneFormOfAnAddress) {
    EXPECT_EQ(read_upstream_url("https://api.openai.com/v1").url, "https://api.openai.com/v1");
    EXPECT_EQ(read_upstream_url("https://api.openai.com/v1/").url, "https://api.openai.com/v1");
    EXPECT_EQ(read_upstream_url("HTTPS://API.OpenAI.com///").url, "https://api.openai.com");
    EXPECT_EQ(read_upstream_url("http://vllm_1:8000/V1").url, "http://vllm_1:8000/V1");
    EXPECT_EQ(read_upstream_url("http://[::1]:8000").url, "http://[::1]:8000");
    EXPECT_EQ(read_upstream_url("http://10.0.0.7/a%20b").url, "http://10.0.0.7/a%20b");
}

class RefusedUrl : public ::testing::TestWithParam<const char*> {};

TEST_P(RefusedUrl, IsRefusedWithAReason) {
    const UpstreamUrl read = read_upstream_url(GetParam());
    EXPECT_FALSE(read.fault.empty());
    EXPECT_TRUE(read.url.empty());
}

INSTANTIATE_TEST_SUITE_P(UpstreamUrl,
                         RefusedUrl,
                         ::testing::Values("",
                                           "api.openai.com",
                                           "ftp://example.com",
                                           "file:///etc/passwd",
                                           "javascript://x",
                                           "https://",
                                           "https:///v1",
                                           "https://user:secret@example.com",
                                           "https://user@example.com",
                                           "https://good.example\\@bad.example",
                                           "https://example.com/v1?key=1",
                                           "https://example.com/v1#part",
                                           "https://example.com:0",
                                           "https://example.com:65536",
                                           "https://example.com:80x",
                                           "https://example.com:",
                                           "https://exa mple.com",
                                           "https://example..com",
                                           "https://.example.com",
                                           "https://[::1",
                                           "https://[bad]",
                                           "https://::1/",
                                           "https://example.com/a b",
                                           "https://example.com/%zz",
                                           "https://example.com/%2",
                                           "https://example.com/\n",
                                           "https://ex\xC3\xA4mple.com",
                                           "http://[:::::]/",
                                           "http://[......:]/",
                                           "http://999.999.999.999/",
                                           "http://a b/",
                                           "https://example.com./v1",
                                           "https://example.com?"));

TEST(UpstreamUrl, HasALimit) {
    const std::string base = "https://example.com/";
    EXPECT_TRUE(read_upstream_url(base + std::string(kMaxUrl - base.size(), 'a')).fault.empty());
    EXPECT_FALSE(
        read_upstream_url(base + std::string(kMaxUrl - base.size() + 1, 'a')).fault.empty());
    EXPECT_FALSE(read_upstream_url("https://" + std::string(254, 'a')).fault.empty());
    EXPECT_FALSE(read_upstream_url("https://" + std::string(64, 'a') + ".example").fault.empty());
}

}  // namespace
}  // namespace ezapi::provider_groups
