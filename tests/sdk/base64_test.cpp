#include "ezapi/base64.hpp"

#include <gtest/gtest.h>

namespace ezapi {
namespace {

TEST(Base64Url, RoundTripsEveryByteAndLength) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        const std::string text = base64url(bytes);
        EXPECT_EQ(text.find_first_of("+/="), std::string::npos);
        EXPECT_EQ(from_base64url(text), bytes);
        bytes.push_back(static_cast<char>(i));
    }
}

TEST(Base64Url, MatchesRfc4648) {
    EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64url("f"), "Zg");
    EXPECT_EQ(base64url("\xfb\xff"), "-_8");
    EXPECT_EQ(from_base64url("Zg=="), std::nullopt);
    EXPECT_EQ(from_base64url("Z g"), std::nullopt);
}

TEST(Base64Url, TakesOneSpellingOfItsBytesOnly) {
    EXPECT_EQ(from_base64url("Zg"), "f");
    EXPECT_EQ(from_base64url("Zh"), std::nullopt);
    EXPECT_EQ(from_base64url("-_9"), std::nullopt);
    EXPECT_EQ(from_base64url("Zm9vY"), std::nullopt);
}

}  // namespace
}  // namespace ezapi
