// Retention: what is dropped or deleted and what is kept, with a real PostgreSQL.
#include "retention/expiry.hpp"

#include "rollup/summaries.hpp"
#include "upkeep.hpp"

namespace ezapi::logs {
namespace {

TEST_F(Upkeep, DropsWholePartitionsAndDeletesTheRest) {
    tend(Partitioning::day, kNow);
    for (int day = 1; day <= 3; ++day) store("d" + std::to_string(day), kNow + days(day), 10);
    store("old", kNow, 10);
    const Expiry expiry(db());
    const Expiry::Outcome outcome = expiry.delete_before(at("2026-11-26T00:00:00Z"), never);
    EXPECT_EQ(outcome.records, 30);
    EXPECT_TRUE(outcome.complete);
    EXPECT_EQ(value("SELECT count(*) FROM request_logs"), "10");
    EXPECT_EQ(value("SELECT to_regclass('request_logs_20261125_20261126') IS NULL"), "t");
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours"), "40");
    store("half", at("2026-11-26T01:00:00Z"), 10);
    EXPECT_EQ(expiry.delete_before(at("2026-11-26T06:00:00Z"), never).records, 10);
}

TEST_F(Upkeep, CutsByAgeAndByNumber) {
    for (int hour = 0; hour < 10; ++hour)
        store("h" + std::to_string(hour) + "-", kNow - hours(24 * hour), 10);
    const Expiry expiry(db());
    const RetentionRules none{.days = 0, .max_records = 0};
    EXPECT_EQ(Expiry::cut_by_age(none, kNow), std::nullopt);
    EXPECT_EQ(expiry.cut_by_number(none, kNow), std::nullopt);
    EXPECT_EQ(Expiry::cut_by_age({.days = 5}, kNow), kNow - days(5));
    EXPECT_EQ(expiry.cut_by_number({.max_records = 1000}, kNow), std::nullopt);
    EXPECT_EQ(expiry.cut_by_number({.max_records = 30}, kNow), kNow - days(2));
    expiry.delete_before(*expiry.cut_by_number({.max_records = 30}, kNow), never);
    EXPECT_EQ(value("SELECT count(*) FROM request_logs"), "30");
}

TEST_F(Upkeep, CutsNoYoungRecordHoweverManyThereAre) {
    store("young", kNow - 24h, 10);
    store("old", kNow - 26h, 10);
    const Expiry expiry(db());
    EXPECT_EQ(Expiry::cut_by_age({.days = 1}, kNow), kNow - 25h);
    const RetentionRules few{.days = 0, .max_records = 3};
    expiry.delete_before(*expiry.cut_by_number(few, kNow), never);
    EXPECT_EQ(value("SELECT count(*) FROM request_logs"), "10");
    EXPECT_EQ(store("young", kNow, 10), 0U);
}

TEST_F(Upkeep, CutsNothingBecauseOfRowsFromTheFuture) {
    store("real", kNow - days(3), 10);
    store("ahead", kNow + days(3), 30);
    EXPECT_EQ(Expiry(db()).cut_by_number({.max_records = 30}, kNow), std::nullopt);
    EXPECT_EQ(Expiry(db()).cut_by_number({.max_records = 10}, kNow), kNow - days(3));
}

TEST_F(Upkeep, DeletesInBatchesAndStopsWhenAsked) {
    store("many", kNow, 12000);
    int asked = 0;
    const Expiry::Outcome outcome =
        Expiry(db()).delete_before(kNow + days(1), [&asked] { return ++asked > 1; });
    EXPECT_FALSE(outcome.complete);
    EXPECT_EQ(outcome.records, 5000);
}

TEST_F(Upkeep, DeletesStatisticsThatAreTooOld) {
    store("old", kNow - days(500), 10);
    store("new", kNow, 10);
    Summaries(db()).run(kNow, never);
    Expiry(db()).delete_statistics_before(kNow - days(400), never);
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours"), "10");
    EXPECT_EQ(value("SELECT count(*) FROM request_log_summaries"), "0");
}

TEST_F(Upkeep, DeletesStatisticsOfWholeDays) {
    const Timestamp day = at("2025-06-07T00:00:00Z");
    store("morning", day + 1h, 10);
    store("evening", day + 23h, 10);
    Summaries(db()).run(kNow, never);
    Expiry(db()).delete_statistics_before(day + 12h, never);
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours"), "20");
    EXPECT_EQ(
        value("SELECT string_agg(span, ' ' ORDER BY span) FROM request_log_spans WHERE ready"),
        "day hour hour");  // and no week, because a part of it has expired
    Summaries(db()).run(kNow, never);
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_summaries"
                    " WHERE span = 'week' AND dimension = 'status' AND master_id = 0"),
              "20");
    Expiry(db()).delete_statistics_before(day + 36h, never);
    EXPECT_EQ(value("SELECT count(*) FROM request_log_hours"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM request_log_spans"), "0");
}

}  // namespace
}  // namespace ezapi::logs
