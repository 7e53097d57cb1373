#include "ezapi/range.hpp"

#include <gtest/gtest.h>

namespace ezapi {
namespace {

TEST(RangeEnd, IsATimeAsItIsWritten) {
    for (const RangeEnd end : {RangeEnd::first, RangeEnd::behind}) {
        EXPECT_EQ(parse_range_end("2026-01-02T03:04:05+01:00", end),
                  parse_time("2026-01-02T02:04:05Z"));
    }
}

TEST(RangeEnd, OfADateHoldsTheWholeDay) {
    EXPECT_EQ(parse_range_end("2024-02-29", RangeEnd::first), parse_time("2024-02-29T00:00:00Z"));
    EXPECT_EQ(parse_range_end("2024-02-29", RangeEnd::behind), parse_time("2024-03-01T00:00:00Z"));
    EXPECT_EQ(parse_range_end("2026-12-31", RangeEnd::behind), parse_time("2027-01-01T00:00:00Z"));
    EXPECT_EQ(parse_range_end("9999-12-31", RangeEnd::behind),
              parse_time("9999-12-31T23:59:59.999999Z"));
}

TEST(RangeEnd, MayCountSecondsOrMillisecondsSince1970) {
    for (const RangeEnd end : {RangeEnd::first, RangeEnd::behind}) {
        for (const char* text : {"1767322800", "1767322800000"})
            EXPECT_EQ(parse_range_end(text, end), parse_time("2026-01-02T03:00:00Z")) << text;
        EXPECT_EQ(parse_range_end("253402300799", end), parse_time("9999-12-31T23:59:59Z"));
        EXPECT_EQ(parse_range_end("253402300800", end), parse_time("1978-01-11T21:31:40.800Z"));
        EXPECT_EQ(parse_range_end("100000000", end), parse_time("1973-03-03T09:46:40Z"));
        EXPECT_EQ(parse_range_end("253402300799999", end), parse_time("9999-12-31T23:59:59.999Z"));
        for (const char* text : {"0",
                                 "99999999",
                                 "-1767322800",
                                 "253402300800000",
                                 "1767322800.5",
                                 "99999999999999999999"})
            EXPECT_FALSE(parse_range_end(text, end)) << text;
        EXPECT_EQ(read_time(Json(1767322800), end), parse_time("2026-01-02T03:00:00Z"));
        EXPECT_EQ(read_time(Json(1767322800000.0), end), parse_time("2026-01-02T03:00:00Z"));
        for (const Json& other : {Json(2026),
                                  Json(20260102),
                                  Json(1767322800.5),
                                  Json(true),
                                  Json(),
                                  Json::array({1767322800})})
            EXPECT_FALSE(read_time(other, end)) << other;
    }
}

TEST(RangeEnd, IsNothingElse) {
    for (const char* text : {"",
                             "2026",
                             "2026-01",
                             "2026-13-01",
                             "2026-02-30",
                             "2026-1-002",
                             "20260102",
                             "yesterday!",
                             "0000-01-01",
                             "2026-01-02T",
                             "2026-01-02 03:04"}) {
        EXPECT_FALSE(parse_range_end(text, RangeEnd::first)) << text;
        EXPECT_FALSE(parse_range_end(text, RangeEnd::behind)) << text;
    }
}

TEST(Range, BeginsBeforeItsEnd) {
    const Timestamp time = parse_time("2026-01-02T00:00:00Z").value();
    EXPECT_NO_THROW(check_range(time, time + std::chrono::microseconds(1)));
    EXPECT_THROW(check_range(time, time), Error);
    EXPECT_THROW(check_range(time, time - std::chrono::microseconds(1)), Error);
}

TEST(QueryInteger, SaysWhatWasExpectedAndFound) {
    const auto refusal = [](std::string_view text, auto... limits) -> std::string {
        try {
            return std::to_string(query_integer("n", text, limits...));
        } catch (const Error& error) {
            EXPECT_EQ(error.field(), "n");
            return error.what();
        }
    };
    EXPECT_EQ(refusal("-7"), "-7");
    EXPECT_EQ(refusal("9", 1, 9), "9");
    EXPECT_EQ(refusal("a"), "n: expected an integer, found 'a'");
    EXPECT_EQ(refusal("1,2", 1), "n: expected an integer of at least 1, found '1,2'");
    EXPECT_EQ(refusal("-5", 1), "n: expected an integer of at least 1, found '-5'");
    for (const char* text : {"0", "10", "", " 1", "1 ", "+1", "1.0", "99999999999999999999"})
        EXPECT_EQ(refusal(text, 1, 9),
                  std::string("n: expected an integer from 1 to 9, found '") + text + "'");
}

}  // namespace
}  // namespace ezapi
