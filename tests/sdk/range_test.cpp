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

}  // namespace
}  // namespace ezapi
