#include "host/http/wire/target.hpp"

#include <gtest/gtest.h>

#include "ezapi/base/hex.hpp"

namespace ezapi::host::http {
namespace {

TEST(Target, SplitsBeforeItDecodes) {
    EXPECT_EQ(segments_of("/models/openai%2Fgpt-4%2e1"),
              (std::vector<std::string>{"models", "openai/gpt-4.1"}));
    EXPECT_EQ(segments_of("/"), (std::vector<std::string>{""}));
    EXPECT_EQ(segments_of("/a/"), (std::vector<std::string>{"a", ""}));
}

TEST(Target, DecodesQueriesInOrder) {
    const auto query = query_of("b=1&a=x+y%2Bz&b=2&flag&=v&&e=%C3%A9");
    EXPECT_EQ(
        query,
        (NameValues{{"b", "1"}, {"a", "x y+z"}, {"b", "2"}, {"flag", ""}, {"", "v"}, {"e", "é"}}));
}

TEST(Target, KeepsEqualsSignsInValues) {
    EXPECT_EQ(query_of("cursor=YQ=="), (NameValues{{"cursor", "YQ=="}}));
}

TEST(Target, LetsEverySpellingOfNamesIn) {
    EXPECT_FALSE(vet_target("/a/b.c/~d/%7Bx%7D?limit=5&sort=-a,b", 100));
    EXPECT_FALSE(vet_target("/swagger/", 100));
    EXPECT_FALSE(vet_target("/a/...", 100));
}

TEST(Target, RefusesEncodedCharactersThatNeedNoEncoding) {
    constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int value = 0x20; value < 0x7F; ++value) {
        const char c = static_cast<char>(value);
        const std::string upper = to_hex(std::string(1, c));
        for (const std::string& path :
             {"/x%" + upper, "/%" + upper + "dmin", "/a/b%" + upper + "/c"}) {
            const bool refused = vet_target(path, 100).has_value();
            EXPECT_EQ(refused, kUnreserved.find(c) != std::string_view::npos) << path;
        }
        EXPECT_FALSE(vet_target("/a?q=%" + upper, 100)) << "a query names no resource";
    }
    const auto fault = vet_target("/%61dmin/masters", 100);
    ASSERT_TRUE(fault);
    EXPECT_NE(fault->detail.find("'a'"), std::string::npos);
}

TEST(Target, TellsTheLimit) {
    const auto fault = vet_target("/123456789", 9);
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->status, 414);
    EXPECT_NE(fault->detail.find("10 bytes, at most 9"), std::string::npos);
}

}  // namespace
}  // namespace ezapi::host::http
