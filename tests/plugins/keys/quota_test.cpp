#include "quota.hpp"

#include <gtest/gtest.h>

namespace ezapi::keys {
namespace {

std::string next(std::string_view period, std::string_view after) {
    const auto time = next_reset(period, *parse_time(after));
    return time ? format_time(*time) : "never";
}

TEST(Quota, NoneIsNeverReset) {
    EXPECT_EQ(next("none", "2026-01-31T12:00:00Z"), "never");
}

TEST(Quota, DailyIsTheNextMidnight) {
    EXPECT_EQ(next("daily", "2026-01-31T12:00:00Z"), "2026-02-01T00:00:00.000Z");
    EXPECT_EQ(next("daily", "2026-12-31T23:59:59.999Z"), "2027-01-01T00:00:00.000Z");
    EXPECT_EQ(next("daily", "2028-02-28T00:00:00Z"), "2028-02-29T00:00:00.000Z");
}

TEST(Quota, AtTheResetItselfTheNextOneIsAPeriodAway) {
    EXPECT_EQ(next("daily", "2026-02-01T00:00:00Z"), "2026-02-02T00:00:00.000Z");
    EXPECT_EQ(next("weekly", "2026-02-02T00:00:00Z"), "2026-02-09T00:00:00.000Z");
    EXPECT_EQ(next("monthly", "2026-02-01T00:00:00Z"), "2026-03-01T00:00:00.000Z");
}

TEST(Quota, WeeklyIsTheNextMonday) {
    EXPECT_EQ(next("weekly", "2026-02-01T23:59:59Z"), "2026-02-02T00:00:00.000Z");  // a Sunday
    EXPECT_EQ(next("weekly", "2026-02-03T00:00:00Z"), "2026-02-09T00:00:00.000Z");  // a Tuesday
    EXPECT_EQ(next("weekly", "2026-12-31T10:00:00Z"), "2027-01-04T00:00:00.000Z");
}

TEST(Quota, MonthlyIsTheFirstWhateverTheMonthsLength) {
    EXPECT_EQ(next("monthly", "2026-01-31T23:59:59Z"), "2026-02-01T00:00:00.000Z");
    EXPECT_EQ(next("monthly", "2028-02-29T12:00:00Z"), "2028-03-01T00:00:00.000Z");
    EXPECT_EQ(next("monthly", "2026-12-31T23:59:59Z"), "2027-01-01T00:00:00.000Z");
    EXPECT_EQ(next("monthly", "2026-11-01T00:00:00.001Z"), "2026-12-01T00:00:00.000Z");
}

TEST(Quota, OffsetsCountInUtc) {
    EXPECT_EQ(next("daily", "2026-03-01T00:30:00+02:00"), "2026-03-01T00:00:00.000Z");
}

}  // namespace
}  // namespace ezapi::keys
