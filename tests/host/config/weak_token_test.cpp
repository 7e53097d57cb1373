#include "host/config/weak_token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/credential.hpp"

namespace ezapi {
namespace {

using host::config::weakness_of;
using ::testing::HasSubstr;

TEST(WeakToken, PatternsAreFound) {
    for (const char* text :
         {"aaaaaaaaaaaaaaaa", "abababababababab", "0000000000000000", "0102010201020102"})
        EXPECT_THAT(weakness_of(text), HasSubstr("different characters")) << text;
    for (const char* text : {"changemechangeme",
                             "changemechangemechange",
                             "deadbeef19deadbeef19",
                             "x9Kq2mWpx9Kq2mWpx9Kq2mWp"})
        EXPECT_THAT(weakness_of(text), HasSubstr("repeats a shorter text")) << text;
    for (const char* text : {"abcdefghijklmnop",
                             "ABCDEFGHIJKLMNOP",
                             "zyxwvutsrqponmlk",
                             "0123456789012345",
                             "9876543210987654",
                             "0123456789abcdef",
                             "qwertyuiopasdfgh",
                             "aabbccddeeffgghh",
                             "asdfghjklqwertyu"})
        EXPECT_NE(weakness_of(text), "") << text;
}

TEST(WeakToken, CommonWordsAreFoundHoweverTheyAreWritten) {
    for (const char* text : {"admin-token-please-change",
                             "AdminPassword2024",
                             "p4ssw0rd.s3cr3t.t0k3n",
                             "your-admin-token-here",
                             "internal_stats_token",
                             "my-super-secret-token",
                             "ezapi-admin-token-1",
                             "ChangeMe-ChangeMe-123",
                             "secret1234567890",
                             "password12345678",
                             "test-token-aaaaaaaa",
                             "Letmein/Welcome/123"})
        EXPECT_THAT(weakness_of(text), HasSubstr("common words")) << text;
}

TEST(WeakToken, RandomOnesAreNeverRefused) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = credential::random_base62(22);
        ASSERT_EQ(weakness_of(text), "") << text;
        std::string hex;
        for (const char c : credential::random_base62(32))
            hex.push_back(kHex[credential::kBase62.find(c) % 16]);
        ASSERT_EQ(weakness_of(hex), "") << hex;
    }
}

TEST(WeakToken, AWordBesideRandomTextIsNoFault) {
    for (const char* text :
         {"admin-9fK2mWx7pLq4", "prod.token.Zb4nH8sYc6Lf", "ez-9f27c04be81d63a5"})
        EXPECT_EQ(weakness_of(text), "") << text;
}

}  // namespace
}  // namespace ezapi
