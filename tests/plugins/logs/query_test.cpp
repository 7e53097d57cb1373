#include <gmock/gmock.h>

#include <limits>

#include "ezapi/error.hpp"
#include "query/cover.hpp"
#include "query/figures.hpp"
#include "query/grouping.hpp"
#include "rollup/figures_row.hpp"

namespace ezapi::logs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Timestamp at(const char* text) {
    return *parse_time(text);
}

TEST(Aggregate, StopsAtTheLargestNumber) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    Aggregate sum{.requests = 1, .tokens_in = kMost - 1, .cost_nano = kMost};
    sum.add({.requests = 2, .tokens_in = 1, .cost_nano = 5});
    EXPECT_EQ(sum.requests, 3);
    EXPECT_EQ(sum.tokens_in, kMost);
    EXPECT_TRUE(sum.cost_nano == WideSum{kMost} + 5) << "costs are added beyond 64 bits";
}

TEST(Cover, WholeHoursLieBetweenTheEdges) {
    const TimeSpan range{at("2026-01-02T03:30:00Z"), at("2026-01-02T06:00:00.000001Z")};
    EXPECT_EQ(whole_hours(range),
              (TimeSpan{at("2026-01-02T04:00:00Z"), at("2026-01-02T06:00:00Z")}));
    EXPECT_THAT(
        edges(range),
        ElementsAre(TimeSpan{at("2026-01-02T03:30:00Z"), at("2026-01-02T04:00:00Z")},
                    TimeSpan{at("2026-01-02T06:00:00Z"), at("2026-01-02T06:00:00.000001Z")}));
}

TEST(Cover, RangeOnTheHourHasNoEdges) {
    EXPECT_THAT(edges({at("2026-01-02T03:00:00Z"), at("2026-01-02T04:00:00Z")}), IsEmpty());
}

TEST(Cover, RangeInsideOneHourIsAllEdge) {
    const TimeSpan range{at("2026-01-02T03:10:00Z"), at("2026-01-02T03:50:00Z")};
    EXPECT_TRUE(whole_hours(range).empty());
    EXPECT_THAT(edges(range), ElementsAre(range));
}

TEST(Cover, RangeAcrossOneHourHasTwoEdgesAndNoWholeHour) {
    const TimeSpan range{at("2026-01-02T03:30:00Z"), at("2026-01-02T04:15:00Z")};
    EXPECT_TRUE(whole_hours(range).empty());
    EXPECT_THAT(edges(range),
                ElementsAre(TimeSpan{at("2026-01-02T03:30:00Z"), at("2026-01-02T04:00:00Z")},
                            TimeSpan{at("2026-01-02T04:00:00Z"), at("2026-01-02T04:15:00Z")}));
}

TEST(Cover, DaysComeBeforeHoursAndTheRestIsLoose) {
    const Cover found = cover({at("2026-01-02T22:00:00Z"), at("2026-01-05T02:00:00Z")},
                              {.days = {at("2026-01-02T00:00:00Z"),   // begins before the range
                                        at("2026-01-03T00:00:00Z"),   // all of it
                                        at("2026-01-05T00:00:00Z")},  // ends after the range
                               .hours = {at("2026-01-02T21:00:00Z"),  // before the range
                                         at("2026-01-02T23:00:00Z"),
                                         at("2026-01-03T05:00:00Z"),  // of a day with a summary
                                         at("2026-01-04T10:00:00Z"),
                                         at("2026-01-05T01:00:00Z"),
                                         at("2026-01-05T02:00:00Z")}});  // after the range
    EXPECT_THAT(found.days, ElementsAre(at("2026-01-03T00:00:00Z")));
    EXPECT_THAT(
        found.hours,
        ElementsAre(
            at("2026-01-02T23:00:00Z"), at("2026-01-04T10:00:00Z"), at("2026-01-05T01:00:00Z")));
    EXPECT_THAT(found.loose,
                ElementsAre(TimeSpan{at("2026-01-02T22:00:00Z"), at("2026-01-02T23:00:00Z")},
                            TimeSpan{at("2026-01-04T00:00:00Z"), at("2026-01-04T10:00:00Z")},
                            TimeSpan{at("2026-01-04T11:00:00Z"), at("2026-01-05T01:00:00Z")}));
}

TEST(Cover, NothingSummedUpLeavesAllLoose) {
    const TimeSpan whole{at("2026-01-02T00:00:00Z"), at("2026-01-03T00:00:00Z")};
    EXPECT_THAT(cover(whole, {}).loose, ElementsAre(whole));
    EXPECT_THAT(cover(whole, {.days = {whole.from}}).loose, IsEmpty());
}

TEST(Cover, WeeksComeBeforeDays) {
    const Cover found = cover({at("2026-01-04T00:00:00Z"), at("2026-01-14T03:00:00Z")},
                              {.weeks = {at("2025-12-29T00:00:00Z"),   // begins before the range
                                         at("2026-01-05T00:00:00Z"),   // all of it
                                         at("2026-01-12T00:00:00Z")},  // ends after the range
                               .days = {at("2026-01-04T00:00:00Z"),
                                        at("2026-01-05T00:00:00Z"),  // of a week with a summary
                                        at("2026-01-11T00:00:00Z"),
                                        at("2026-01-13T00:00:00Z")},
                               .hours = {at("2026-01-11T23:00:00Z"), at("2026-01-14T01:00:00Z")}});
    EXPECT_THAT(found.weeks, ElementsAre(at("2026-01-05T00:00:00Z")));
    EXPECT_THAT(found.days, ElementsAre(at("2026-01-04T00:00:00Z"), at("2026-01-13T00:00:00Z")));
    EXPECT_THAT(found.hours, ElementsAre(at("2026-01-14T01:00:00Z")));
    EXPECT_THAT(found.loose,
                ElementsAre(TimeSpan{at("2026-01-12T00:00:00Z"), at("2026-01-13T00:00:00Z")},
                            TimeSpan{at("2026-01-14T00:00:00Z"), at("2026-01-14T01:00:00Z")},
                            TimeSpan{at("2026-01-14T02:00:00Z"), at("2026-01-14T03:00:00Z")}));
}

Json shown(const Aggregate& figures) {
    std::string out = "{";
    figures.append_members(out);
    return Json::parse(out + "}");
}

TEST(Aggregate, AddUpAndShowTheirMembers) {
    Aggregate figures{.requests = 3,
                      .errors = 1,
                      .tokens_in = 10,
                      .cost_nano = 1'500'000'000,
                      .latency_sum_ms = 7};
    figures.latency.add(2, 2);
    Aggregate more{
        .requests = 1, .tokens_out = 4, .tokens_cached = 5, .cost_nano = 1, .latency_sum_ms = 3};
    more.latency.add(3);
    more.latency.add(3);
    figures.add(more);
    EXPECT_EQ(shown(figures), Json::parse(R"({"requests":4,"errors":1,"tokens_in":10,"tokens_out":4,
                  "tokens_cached":5,"cost":1.500000001,
                  "latency_ms":{"avg":2.5,"p50":2,"p95":3,"p99":3}})"));
}

TEST(Aggregate, OfNothingAreZero) {
    EXPECT_EQ(shown({})["latency_ms"], Json::parse(R"({"avg":0,"p50":0,"p95":0,"p99":0})"));
    EXPECT_EQ(shown({})["cost"], 0);
}

TEST(Aggregate, ShowCostToTheBillionth) {
    const auto cost = [](std::int64_t nano) {
        std::string out;
        Aggregate{.cost_nano = nano}.append_members(out);
        const size_t begin = out.find("\"cost\":") + 7;
        return out.substr(begin, out.find(',', begin) - begin);
    };
    EXPECT_EQ(cost(1), "0.000000001");
    EXPECT_EQ(cost(10'000'000'000), "10");
    EXPECT_EQ(cost(123'456'789'012'345'678), "123456789.012345678");
    EXPECT_EQ(cost(-1'500'000'000), "-1.5");
}

TEST(Bytea, IsReadFromItsText) {
    EXPECT_EQ(from_bytea("\\x"), "");
    EXPECT_EQ(from_bytea("\\x00a0ff"), std::string("\x00\xa0\xff", 3));
    for (const char* text : {"", "00", "\\x0", "\\xzz", "\\x0g", "\\x0A"})
        EXPECT_THROW((void)from_bytea(text), Error) << text;
}

std::string group(std::string_view by, std::string_view value) {
    std::string out;
    grouping(by).append_group(out, value);
    return out;
}

TEST(Grouping, ShowsItsValues) {
    EXPECT_EQ(group("model", "a\"b"), R"("model":"a\"b")");
    EXPECT_EQ(group("master", "7"), R"("master":7)");
    EXPECT_EQ(group("key", "0"), R"("key":null)");
    EXPECT_EQ(group("status", "4"), R"("status":"4xx")");
    EXPECT_EQ(group("hour", "2026-01-02 03:00:00+00"), R"("hour":"2026-01-02T03:00:00.000Z")");
    EXPECT_THROW((void)grouping("colour"), Error);
}

}  // namespace
}  // namespace ezapi::logs
