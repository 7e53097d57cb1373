#include "ezapi/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/support/refused_urls.hpp"

namespace ezapi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using tests::kRefusedUrls;

TEST(Url, RefusesWhatIsNoAddressWithAReasonThatShowsNothingOfIt) {
    for (const char* text : kRefusedUrls) {
        const std::string fault = url_fault(text);
        EXPECT_FALSE(fault.empty()) << text;
        EXPECT_THAT(fault, Not(HasSubstr("secret")));
        EXPECT_THROW((void)Url::parse(text), Error) << text;
    }
    EXPECT_FALSE(url_fault(std::string_view("http://a/\0b", 11)).empty());
}

TEST(Url, TakesApartAndPutsTogether) {
    const Url url = Url::parse("HTTPS://API.Example:8443/V1/a%20b?x=1&y=/?");
    EXPECT_EQ(url.scheme, "https");
    EXPECT_EQ(url.authority.host, "api.example");
    EXPECT_EQ(url.port(), 8443);
    EXPECT_EQ(url.path, "/V1/a%20b");
    EXPECT_EQ(url.query, "?x=1&y=/?");
    EXPECT_EQ(url.target(), "/V1/a%20b?x=1&y=/?");
    EXPECT_EQ(url.text(), "https://api.example:8443/V1/a%20b?x=1&y=/?");
}

TEST(Url, AcceptsWhatIsOne) {
    for (const char* text : {"http://a",
                             "http://a?b",
                             "http://a.b-c.d_e/",
                             "http://vllm_1:8000/v1",
                             "http://10.0.0.7/",
                             "http://1.2.3.4.example/",
                             "http://3com.example/",
                             "http://[::1]:8080/",
                             "http://[2001:db8::1.2.3.4]/",
                             "http://[::ffff:1.2.3.4]/",
                             "https://xn--exmple-cua.com/",
                             "https://a:1/",
                             "https://a:65535/",
                             "https://a//b/../c;d=e,f:g@h!$&'()*+"})
        EXPECT_EQ(url_fault(text), "") << text;
    EXPECT_EQ(Url::parse("http://[::1]").address(), "::1");
    EXPECT_EQ(Url::parse("http://[::1]").port(), 80);
    EXPECT_EQ(Url::parse("https://a").port(), 443);
    EXPECT_EQ(Url::parse("https://a").target(), "/");
}

TEST(Url, HasLimits) {
    const std::string base = "https://example.com/";
    EXPECT_EQ(url_fault(base + std::string(kMaxUrl - base.size(), 'a')), "");
    EXPECT_THAT(url_fault(base + std::string(kMaxUrl - base.size() + 1, 'a')),
                HasSubstr("at most 2048 bytes, found 2049"));
    EXPECT_EQ(url_fault("https://" + std::string(63, 'a')), "");
    EXPECT_NE(url_fault("https://" + std::string(64, 'a')), "");
    std::string host;
    while (host.size() < 253) host += "a.";
    host.pop_back();
    EXPECT_EQ(host.size(), 253U);
    EXPECT_EQ(url_fault("https://" + host), "");
    EXPECT_NE(url_fault("https://" + host + "aa"), "");
}

TEST(Url, ResolvesReferences) {
    const Url base = Url::parse("http://a:81/b/c/d?q");
    const std::pair<const char*, const char*> cases[] = {
        {"g", "http://a:81/b/c/g"},
        {"./g", "http://a:81/b/c/g"},
        {"g/", "http://a:81/b/c/g/"},
        {"/g", "http://a:81/g"},
        {"//g", "http://g"},
        {"//g:82/x", "http://g:82/x"},
        {"?y", "http://a:81/b/c/d?y"},
        {"g?y#s", "http://a:81/b/c/g?y"},
        {"#s", "http://a:81/b/c/d?q"},
        {"", "http://a:81/b/c/d?q"},
        {".", "http://a:81/b/c/"},
        {"..", "http://a:81/b/"},
        {"../g", "http://a:81/b/g"},
        {"../../../g", "http://a:81/g"},
        {"g;x=1/../y", "http://a:81/b/c/y"},
        {"g?y/../x", "http://a:81/b/c/g?y/../x"},
        {"https://x/y", "https://x/y"},
    };
    for (const auto& [reference, expected] : cases)
        EXPECT_EQ(base.resolved(reference).text(), expected) << reference;
    EXPECT_EQ(Url::parse("http://a").resolved("g").text(), "http://a/g");
    for (const char* bad : {"ftp://x/", "mailto:x", "//user@x/", "//", "g h", "http:g", "x:y"})
        EXPECT_THROW((void)base.resolved(bad), Error) << bad;
}

/// A text that is accepted consists of printable ASCII, is equal to its normal form, and has a host
/// that other programs cannot interpret differently.
TEST(Url, AcceptsOnlyWhatIsItsOwnForm) {
    constexpr std::string_view kAlphabet = "ahtps:/.0129x[]@?#%&=-_ \t\n\\\x80\xC3~";
    std::mt19937 random(1);
    size_t accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        std::string text = i % 2 == 0 ? "http://" : "https://a";
        for (size_t n = random() % 12; n > 0; --n) text += kAlphabet[random() % kAlphabet.size()];
        if (!url_fault(text).empty()) continue;
        ++accepted;
        const Url url = Url::parse(text);
        EXPECT_EQ(Url::parse(url.text()).text(), url.text());
        for (const char c : url.text()) EXPECT_TRUE(c > ' ' && c < 0x7F) << text;
        EXPECT_EQ(url.authority.text().find_first_of("@#\\?/"), std::string::npos) << text;
        const std::string host = url.address();
        EXPECT_TRUE(!detail::ends_in_number(host) || Address::parse(host)) << text;
        EXPECT_EQ(host.find(".."), std::string::npos) << text;
    }
    EXPECT_GT(accepted, 100U);
}

TEST(Url, AReferenceOfAnyKindLosesItsDotSegments) {
    const Url url = Url::parse("https://a.example/b/c");
    for (const char* reference :
         {"https://a.example/x/../y", "//a.example/./x/../y", "/x/./../y", "../x/../y"})
        EXPECT_EQ(url.resolved(reference).text(), "https://a.example/y") << reference;
}

}  // namespace
}  // namespace ezapi
