#include "ezapi/time.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace ezapi {
namespace {

using namespace std::chrono_literals;

struct Case {
    std::string_view text;
    std::int64_t micros;  // since 1970
};

class ParseTime : public ::testing::TestWithParam<Case> {};

TEST_P(ParseTime, ReadsIt) {
    const auto time = parse_time(GetParam().text);
    ASSERT_TRUE(time.has_value()) << GetParam().text;
    EXPECT_EQ(time->time_since_epoch().count(), GetParam().micros) << GetParam().text;
}

// The expected values are those of `date -u -d ... +%s`.
INSTANTIATE_TEST_SUITE_P(Table,
                         ParseTime,
                         ::testing::Values(Case{"1970-01-01T00:00:00Z", 0},
                                           Case{"1970-01-01t00:00:00z", 0},
                                           Case{"2026-01-02T03:04:05Z", 1767323045'000000},
                                           Case{"2026-01-02T03:04:05.678Z", 1767323045'678000},
                                           Case{"2026-01-02T03:04:05.678901Z", 1767323045'678901},
                                           Case{"2026-01-02T03:04:05.6789019Z", 1767323045'678901},
                                           Case{"2026-01-02T03:04:05.5Z", 1767323045'500000},
                                           Case{"2026-01-02T03:04:05+01:30", 1767317645'000000},
                                           Case{"2026-01-02T03:04:05-01:30", 1767328445'000000},
                                           Case{"2026-01-02T03:04:05+00:00", 1767323045'000000},
                                           Case{"2026-01-02 03:04:05.678901+00", 1767323045'678901},
                                           Case{"2026-01-02 03:04:05+0530", 1767303245'000000},
                                           Case{"2024-02-29T23:59:59.999999Z", 1709251199'999999},
                                           Case{"2000-02-29T00:00:00Z", 951782400'000000},
                                           Case{"1969-12-31T23:59:59.5Z", -500000},
                                           Case{"1734-06-15T12:00:00Z", -7433121600'000000},
                                           Case{"0001-01-01T00:00:00Z", -62135596800'000000},
                                           Case{"0001-01-01T23:59:00+23:59", -62135596800'000000},
                                           Case{"9999-12-31T00:00:59-23:59", 253402300799'000000},
                                           Case{"9999-12-31T23:59:59Z", 253402300799'000000}));

class RefusedTime : public ::testing::TestWithParam<std::string_view> {};

TEST_P(RefusedTime, IsNotRead) {
    EXPECT_EQ(parse_time(GetParam()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Table,
                         RefusedTime,
                         ::testing::Values("",
                                           "now",
                                           "infinity",
                                           "2026-01-02",
                                           "2026-01-02T03:04:05",
                                           "2026-01-02T03:04Z",
                                           "2026-1-2T03:04:05Z",
                                           "2023-02-29T00:00:00Z",
                                           "1900-02-29T00:00:00Z",
                                           "2026-13-01T00:00:00Z",
                                           "2026-00-01T00:00:00Z",
                                           "2026-04-31T00:00:00Z",
                                           "2026-01-02T24:00:00Z",
                                           "2026-01-02T03:60:05Z",
                                           "2026-01-02T03:04:60Z",
                                           "2026-01-02T03:04:05.Z",
                                           "2026-01-02T03:04:05+24:00",
                                           "2026-01-02T03:04:05+01:60",
                                           "2026-01-02T03:04:05+1:00",
                                           "2026-01-02T03:04:05ZZ",
                                           "2026-01-02T03:04:05Z ",
                                           " 2026-01-02T03:04:05Z",
                                           "-026-01-02T03:04:05Z",
                                           "0000-01-02T03:04:05Z",
                                           // In range as written, but not in UTC.
                                           "9999-12-31T23:59:59-23:59",
                                           "9999-12-31T23:00:00-01:00",
                                           "0001-01-01T00:00:00+00:01",
                                           "0001-01-01T23:58:59+23:59"));

TEST(FormatTime, WritesMillisecondsAndCutsTheRest) {
    EXPECT_EQ(format_time(Timestamp{1767323045678999us}), "2026-01-02T03:04:05.678Z");
    EXPECT_EQ(format_time(Timestamp{0us}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(format_time(Timestamp{-1us}), "1969-12-31T23:59:59.999Z");
}

TEST(FormatTime, IsReadBackToTheMillisecond) {
    for (const std::int64_t micros : {0LL, 1709251199999000LL, -86400000001000LL}) {
        const Timestamp time{std::chrono::microseconds{micros}};
        EXPECT_EQ(parse_time(format_time(time)), time);
    }
}

TEST(ParseTime, WhatItReadsCanBeWrittenAndReadAgain) {
    size_t read = 0;
    for (const char* day : {"0001-01-01", "0001-01-02", "1969-12-31", "9999-12-30", "9999-12-31"}) {
        for (const char* clock : {"00:00:00", "12:00:00.5", "23:59:59.999999"}) {
            for (int offset = -24 * 60 + 1; offset < 24 * 60; offset += 7) {
                char zone[16];
                std::snprintf(zone,
                              sizeof zone,
                              "%c%02d:%02d",
                              offset < 0 ? '-' : '+',
                              std::abs(offset) / 60,
                              std::abs(offset) % 60);
                const auto time = parse_time(std::string(day) + "T" + clock + zone);
                if (!time) continue;
                ++read;
                const std::string written = format_time(*time);
                EXPECT_EQ(written.size(), 24U) << day << clock << zone;
                EXPECT_EQ(parse_time(written), std::chrono::floor<std::chrono::milliseconds>(*time))
                    << day << clock << zone;
            }
        }
    }
    EXPECT_GT(read, 3000U);
}

TEST(PgTime, IsRewrittenAsRfc3339WithMilliseconds) {
    const auto rewritten = [](std::string_view pg) {
        std::string out;
        append_pg_time(out, pg);
        return out;
    };
    EXPECT_EQ(rewritten("2026-01-02 03:04:05.678901+00"), "2026-01-02T03:04:05.678Z");
    EXPECT_EQ(rewritten("2026-01-02 03:04:05.6+00"), "2026-01-02T03:04:05.600Z");
    EXPECT_EQ(rewritten("2026-01-02 03:04:05.67+00"), "2026-01-02T03:04:05.670Z");
    EXPECT_EQ(rewritten("2026-01-02 03:04:05+00"), "2026-01-02T03:04:05.000Z");
}

TEST(PgTime, IsAppendedBehindWhatIsThere) {
    std::string out = "{\"created_at\":\"";
    append_pg_time(out, "2026-01-02 03:04:05+00");
    EXPECT_EQ(out, "{\"created_at\":\"2026-01-02T03:04:05.000Z");
}

TEST(UnixSeconds, RoundsDownBeforeTheEpochToo) {
    EXPECT_EQ(unix_seconds(Timestamp{1999999us}), 1);
    EXPECT_EQ(unix_seconds(Timestamp{-1us}), -1);
}

}  // namespace
}  // namespace ezapi
