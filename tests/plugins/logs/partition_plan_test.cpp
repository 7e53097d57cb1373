#include "retention/partition_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/time.hpp"

namespace ezapi::logs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Timestamp at(const char* text) {
    return parse_time(text).value();
}

const Timestamp kNow = at("2026-11-23T06:30:00Z");

std::string shown(Timestamp time) {
    if (time == Timestamp::min()) return "min";
    return time == Timestamp::max() ? "max" : format_time(time).substr(0, 10);
}

/// The steps as text: "create 2026-11-23 2026-11-24".
std::vector<std::string> plan(Partitioning mode,
                              std::vector<Partition> partitions,
                              Timestamp now = kNow) {
    struct Teller {
        std::string operator()(const DropPartition& step) const { return "drop " + step.name; }

        std::string operator()(const ReleasePartition& step) const {
            return "release " + step.name;
        }

        std::string operator()(const BoundPartition& step) const {
            return "bound " + step.name + " " + shown(step.from) + " " + shown(step.to);
        }

        std::string operator()(const CreateDefault&) const { return "default"; }

        std::string operator()(const CreatePartition& step) const {
            return "create " + shown(step.from) + " " + shown(step.to);
        }
    };

    std::vector<std::string> out;
    for (const PartitionStep& step : plan_partitions(mode, now, std::move(partitions)))
        out.push_back(std::visit(Teller{}, step));
    return out;
}

Partition open_one(Timestamp from = Timestamp::min()) {
    return {.name = "open", .from = from};
}

Partition default_one(std::optional<Timestamp> first = std::nullopt) {
    return {.name = "rest", .is_default = true, .first = first};
}

std::vector<Partition> days(const char* first, int count, bool empty_ahead = true) {
    std::vector<Partition> out{default_one()};
    for (int i = 0; i < count; ++i) {
        const Timestamp from = at(first) + std::chrono::days(i);
        out.push_back({.name = "d" + std::to_string(i),
                       .from = from,
                       .to = from + std::chrono::days(1),
                       .empty = empty_ahead && from > kNow});
    }
    return out;
}

TEST(PartitionPlan, LeavesOneOpenPartitionAloneWithoutPartitioning) {
    EXPECT_THAT(plan(Partitioning::off, {open_one()}), IsEmpty());
    EXPECT_THAT(plan(Partitioning::off, {}), ElementsAre("create min max"));
}

TEST(PartitionPlan, GivesAnOpenPartitionAnEndToComeAndGoesOnFromThere) {
    EXPECT_THAT(plan(Partitioning::month, {open_one()}),
                ElementsAre("bound open min 2026-12-01",
                            "default",
                            "create 2026-12-01 2027-01-01",
                            "create 2027-01-01 2027-02-01"));
    const auto steps = plan(Partitioning::day, {open_one()});
    ASSERT_EQ(steps.size(), 8U);
    EXPECT_EQ(steps[0], "bound open min 2026-11-25");
    EXPECT_EQ(steps[1], "default");
    EXPECT_EQ(steps[2], "create 2026-11-25 2026-11-26");
    EXPECT_EQ(steps[7], "create 2026-11-30 2026-12-01");
}

TEST(PartitionPlan, PutsTheEndBehindWhatIngestTakesWhileTheRowsAreChecked) {
    EXPECT_EQ(plan(Partitioning::day, {open_one()}, at("2026-11-23T23:30:00Z")).front(),
              "bound open min 2026-11-26");
}

TEST(PartitionPlan, PutsTheEndBehindTheBeginningOfAPartitionToCome) {
    EXPECT_EQ(plan(Partitioning::day, {open_one(at("2026-12-01T00:00:00Z"))}).front(),
              "bound open 2026-12-01 2026-12-02");
}

TEST(PartitionPlan, TakesBackAnEndThatIsNotWantedAnyMore) {
    Partition open = open_one();
    open.ending = true;
    EXPECT_THAT(plan(Partitioning::off, {open}), ElementsAre("release open"));
    EXPECT_EQ(plan(Partitioning::day, {open}).front(), "bound open min 2026-11-25");
}

TEST(PartitionPlan, MakesPartitionsAheadAndNothingElse) {
    EXPECT_THAT(plan(Partitioning::day, days("2026-11-20T00:00:00Z", 11)), IsEmpty());
    EXPECT_THAT(plan(Partitioning::day, days("2026-11-20T00:00:00Z", 10)),
                ElementsAre("create 2026-11-30 2026-12-01"));
}

TEST(PartitionPlan, ReplacesWhatIsEmptyAndOfAnotherKind) {
    const auto steps = plan(Partitioning::month, days("2026-11-22T00:00:00Z", 9));
    EXPECT_THAT(steps,
                ElementsAre("drop d2",
                            "drop d3",
                            "drop d4",
                            "drop d5",
                            "drop d6",
                            "drop d7",
                            "drop d8",
                            "create 2026-11-24 2026-12-01",
                            "create 2026-12-01 2027-01-01",
                            "create 2027-01-01 2027-02-01"));
}

TEST(PartitionPlan, KeepsWhatHasRows) {
    const auto steps = plan(Partitioning::month, days("2026-11-22T00:00:00Z", 3, false));
    EXPECT_THAT(steps,
                ElementsAre("create 2026-11-25 2026-12-01",
                            "create 2026-12-01 2027-01-01",
                            "create 2027-01-01 2027-02-01"));
}

TEST(PartitionPlan, OpensTheEndWhenPartitioningEnds) {
    EXPECT_THAT(plan(Partitioning::off, days("2026-11-22T00:00:00Z", 3)),
                ElementsAre("drop d2", "create 2026-11-24 max"));
    EXPECT_THAT(plan(Partitioning::off, days("2026-11-22T00:00:00Z", 4, false)),
                ElementsAre("create 2026-11-26 max"));
}

TEST(PartitionPlan, GivesStraysAHome) {
    std::vector<Partition> partitions = days("2026-11-20T00:00:00Z", 11);
    partitions[0] = default_one(at("2024-05-06T07:08:09Z"));
    EXPECT_THAT(plan(Partitioning::day, partitions), ElementsAre("create 2024-05-06 2024-05-07"));
    EXPECT_THAT(plan(Partitioning::month, partitions).back(), "create 2024-05-01 2024-06-01");
}

TEST(PartitionPlan, FitsTheHomeOfStraysBetweenItsNeighbours) {
    std::vector<Partition> partitions = days("2026-11-20T00:00:00Z", 11);
    partitions[0] = default_one(at("2026-11-05T07:08:09Z"));
    EXPECT_THAT(plan(Partitioning::month, partitions),
                testing::Contains("create 2026-11-01 2026-11-20"));
}

TEST(PartitionPlan, MakesThePartitionOfTodayAfterALongAbsence) {
    EXPECT_EQ(plan(Partitioning::day, days("2026-10-01T00:00:00Z", 3)).front(),
              "create 2026-11-23 2026-11-24");
}

}  // namespace
}  // namespace ezapi::logs
