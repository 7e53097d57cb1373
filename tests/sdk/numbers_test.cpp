#include "ezapi/base/numbers.hpp"

#include <gtest/gtest.h>

#include <string>

#include "ezapi/base/pg_array.hpp"

namespace ezapi {
namespace {

TEST(Numbers, AreTheWholeText) {
    EXPECT_EQ(parse_integer("0"), 0);
    EXPECT_EQ(parse_integer("-7"), -7);
    EXPECT_EQ(parse_integer("007"), 7);
    EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
    EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
    EXPECT_EQ(parse_integer<std::uint16_t>("65535"), 65535);
    for (const char* text :
         {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "9223372036854775808", "--1", "x"})
        EXPECT_EQ(parse_integer(text), std::nullopt) << text;
    EXPECT_EQ(parse_integer<std::uint16_t>("65536"), std::nullopt);
    EXPECT_EQ(parse_integer<std::uint16_t>("-1"), std::nullopt);
}

TEST(Numbers, AnIdHasOneSpelling) {
    EXPECT_EQ(parse_id("1"), 1);
    EXPECT_EQ(parse_id("9223372036854775807"), INT64_MAX);
    for (const char* text : {"", "0", "-1", "01", "+1", "1 ", "9223372036854775808"})
        EXPECT_EQ(parse_id(text), std::nullopt) << text;
}

TEST(PgArray, QuotesTextsAndNotNumbers) {
    EXPECT_EQ(pg_array(std::vector<std::string>{}), "{}");
    EXPECT_EQ(pg_array(std::vector<std::int64_t>{}), "{}");
    EXPECT_EQ(pg_array(std::vector<std::int64_t>{3, -1}), "{3,-1}");
    EXPECT_EQ(pg_array(std::vector<std::string_view>{"a", "", "NULL"}), R"({"a","","NULL"})");
    EXPECT_EQ(pg_array(std::vector<std::string>{R"(a"b\c)", "d,{e}"}), R"({"a\"b\\c","d,{e}"})");
}

TEST(PgArray, OfIdsLeavesOutWhatIsNone) {
    const std::vector<std::string_view> texts{"7", "07", "x", "", "-1", "12"};
    EXPECT_EQ(pg_ids(texts), "{7,12}");
}

TEST(PgArray, IsReadBack) {
    EXPECT_EQ(integers_of("{}"), std::vector<std::int64_t>{});
    EXPECT_EQ(integers_of(""), std::vector<std::int64_t>{});
    EXPECT_EQ(integers_of("{1,-2,NULL,3}"), (std::vector<std::int64_t>{1, -2, 3}));
    EXPECT_EQ(integers_of("1,2"), (std::vector<std::int64_t>{1, 2}));
}

}  // namespace
}  // namespace ezapi
