// Folding, summaries and recomputation of statistics, with a real PostgreSQL.
#include <future>

#include "retention/expiry.hpp"
#include "rollup/figures_row.hpp"
#include "rollup/folding.hpp"
#include "rollup/rebuild.hpp"
#include "rollup/summaries.hpp"
#include "tests/support/eventually.hpp"
#include "upkeep.hpp"

namespace ezapi::logs {
namespace {

TEST_F(Upkeep, FoldsWhatWasAppendedWithoutChangingItsSums) {
    for (int i = 0; i < 600; ++i) store("f" + std::to_string(i) + "-", kNow, 2);
    store("error", kNow, 5, {.status = 500});
    const std::string sums =
        "SELECT concat_ws(' ', sum(requests), sum(errors), sum(tokens_in), sum(latency_sum_ms))"
        " FROM request_log_hours";
    const std::string before = value(sums);
    EXPECT_EQ(Folding(db()).run(kNow, never).size(), 1U);
    EXPECT_EQ(value("SELECT count(*) FROM request_log_hours"), "2");
    EXPECT_EQ(value(sums), before);
    LatencyHistogram latency;
    latency.merge(
        from_bytea(value("SELECT latency FROM request_log_hours WHERE status_class = 2")));
    EXPECT_EQ(latency.count(), 1200U);
    EXPECT_EQ(latency.quantile(0.5), 10);
    EXPECT_TRUE(Folding(db()).run(kNow, never).empty());
}

TEST_F(Upkeep, SumsUpWhatIsOver) {
    store("a", at("2026-11-22T05:10:00Z"), 10, {.master = 1, .key = 1});
    store("b", at("2026-11-22T05:20:00Z"), 20, {.master = 2, .key = 2, .model = "other"});
    store("c", at("2026-11-22T07:00:00Z"), 5, {.master = 1, .key = 1, .status = 500});
    store("now", kNow, 5);
    EXPECT_EQ(Summaries(db()).run(kNow, never), 4U);  // two hours, a day and a week
    const auto sum = [this](const std::string& where) {
        return value(
            "SELECT string_agg(value || '=' || requests || '/' || errors, ' ' ORDER BY value)"
            " FROM request_log_summaries WHERE " +
            where);
    };
    EXPECT_EQ(sum("span = 'day' AND dimension = 'model' AND master_id = 0"),
              "gpt-4o=15/5 other=20/0");
    EXPECT_EQ(sum("span = 'day' AND dimension = 'master' AND master_id = 0"), "1=15/5 2=20/0");
    EXPECT_EQ(sum("span = 'day' AND dimension = 'status' AND master_id = 1"), "2=10/0 5=5/5");
    EXPECT_EQ(sum("span = 'day' AND dimension = 'hour' AND master_id = 0"), "05=30/0 07=5/5");
    EXPECT_EQ(sum("span = 'hour' AND dimension = 'key' AND starts = '2026-11-22T05:00:00Z'"),
              "1=10/0 2=20/0");
    EXPECT_EQ(sum("span = 'week' AND dimension = 'model' AND master_id = 0"),
              "gpt-4o=15/5 other=20/0");
    EXPECT_EQ(sum("span = 'week' AND dimension = 'status' AND master_id = 1"), "2=10/0 5=5/5");
    EXPECT_EQ(value("SELECT DISTINCT starts = '2026-11-16T00:00:00Z' FROM request_log_summaries"
                    " WHERE span = 'week'"),
              "t");
    EXPECT_EQ(value("SELECT count(*) FROM request_log_spans WHERE ready"), "4");
    EXPECT_EQ(Summaries(db()).run(kNow, never), 0U);
}

TEST_F(Upkeep, TakesASummaryBackWhenARecordArrivesLate) {
    store("a", at("2026-11-22T05:10:00Z"), 10);
    Summaries(db()).run(kNow, never);
    store("late", at("2026-11-22T05:50:00Z"), 1);
    EXPECT_EQ(value("SELECT count(*) FROM request_log_spans"), "0");
    Summaries(db()).run(kNow, never);
    EXPECT_EQ(value("SELECT requests FROM request_log_summaries WHERE span = 'day'"
                    " AND dimension = 'namespace' AND master_id = 0"),
              "11");
}

TEST_F(Upkeep, SumsUpAWeekOnlyFromAllItsDays) {
    store("a", at("2026-11-17T05:10:00Z"), 10);
    store("b", at("2026-11-20T05:10:00Z"), 7);
    const Timestamp week = at("2026-11-16T00:00:00Z");
    const Summaries summaries(db());
    EXPECT_TRUE(summaries.build("day", at("2026-11-17T00:00:00Z")));
    EXPECT_FALSE(summaries.build("week", week));
    EXPECT_TRUE(summaries.build("day", at("2026-11-20T00:00:00Z")));
    EXPECT_TRUE(summaries.build("week", week));
    EXPECT_EQ(value("SELECT requests FROM request_log_summaries WHERE span = 'week'"
                    " AND dimension = 'status' AND master_id = 0"),
              "17");
    store("late", at("2026-11-18T05:10:00Z"), 1);
    EXPECT_EQ(value("SELECT count(*) FROM request_log_spans WHERE span = 'week'"), "0");
}

TEST_F(Upkeep, SaysWhatDifferedAndMakesItRight) {
    const Timestamp hour = at("2026-11-22T05:00:00Z");
    store("a", hour + 10min, 10);
    store("b", hour + 20min, 20, {.key = 3});
    store("c", hour + 70min, 7);
    const Rebuild rebuild(db());
    EXPECT_EQ(rebuild.run(hour, hour + days(1), never).differed.size(), 0U);

    Summaries(db()).run(kNow, never);
    host_->sql.query(
        "UPDATE request_log_hours SET requests = requests + 1, tokens_in = 0"
        " WHERE ctid = (SELECT min(ctid) FROM request_log_hours WHERE key_id = 3)");
    const Rebuild::Outcome outcome = rebuild.run(hour, hour + days(1), never);
    EXPECT_EQ(outcome.hours, 2);
    ASSERT_EQ(outcome.differed.size(), 1U);
    EXPECT_EQ(outcome.differed[0].hour, hour);
    EXPECT_EQ(outcome.differed[0].combinations, 1);
    EXPECT_EQ(outcome.differed[0].requests_before, 31);
    EXPECT_EQ(outcome.differed[0].requests_after, 30);
    EXPECT_EQ(value("SELECT sum(requests) || ' ' || sum(tokens_in) FROM request_log_hours"),
              "37 111");
    EXPECT_EQ(value("SELECT count(*) FROM request_log_spans WHERE span <> 'hour'"), "0");
    EXPECT_TRUE(rebuild.run(hour, hour + days(1), never).differed.empty());
}

TEST_F(Upkeep, MakesWhatIsSummedUpAnewWithTheHours) {
    const Timestamp hour = at("2026-11-22T05:00:00Z");
    store("a", hour + 10min, 10);
    Summaries(db()).run(kNow, never);
    host_->sql.query("UPDATE request_log_summaries SET requests = 7");
    const Rebuild::Outcome outcome = Rebuild(db()).run(hour, hour + 1h, never);
    EXPECT_TRUE(outcome.differed.empty());
    EXPECT_EQ(outcome.summaries, 2);  // the hour and its day
    Summaries(db()).run(kNow, never);
    EXPECT_EQ(Rebuild(db()).run(hour, hour + 1h, never).summaries, 0);
    Summaries(db()).run(kNow, never);
    EXPECT_EQ(value("SELECT string_agg(DISTINCT requests::text, ' ') FROM request_log_summaries"),
              "10");
}

TEST_F(Upkeep, RecomputesNoHourWhoseRecordsBeganToGoMeanwhile) {
    const Timestamp hour = at("2026-11-22T05:00:00Z");
    store("a", hour + 10min, 10);
    store("b", hour + 70min, 10);
    int asked = 0;  // between the first hour and the second
    const Rebuild::Outcome outcome = Rebuild(db()).run(hour, hour + days(1), [&] {
        if (++asked == 1) Expiry(db()).delete_before(hour + 2h, never);
        return false;
    });
    EXPECT_EQ(outcome.hours, 1);
    EXPECT_EQ(outcome.skipped, 1);
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours"), "20");
}

TEST_F(Upkeep, SumsUpMoreThanANumberHolds) {
    const Timestamp hour = at("2026-11-22T05:00:00Z");
    store("a", hour, 3);
    host_->sql.query("UPDATE request_logs SET cost_nano = 9000000000000000000");
    EXPECT_EQ(Rebuild(db()).run(hour, hour + 1h, never).differed.size(), 1U);
    EXPECT_EQ(value("SELECT cost_nano FROM request_log_hours"), "9223372036854775807");
    host_->sql.query("INSERT INTO request_log_hours SELECT * FROM request_log_hours");
    host_->sql.query("UPDATE request_log_hours SET folded = false");
    EXPECT_EQ(Folding(db()).run(kNow, never).size(), 1U);
    EXPECT_EQ(value("SELECT cost_nano FROM request_log_hours"), "9223372036854775807");
    Summaries(db()).run(kNow, never);
    EXPECT_EQ(value("SELECT DISTINCT cost_nano FROM request_log_summaries"), "9223372036854775807");
}

TEST_F(Upkeep, LeavesHoursAloneOfWhichRecordsAreGone) {
    const Timestamp hour = at("2026-11-22T05:00:00Z");
    store("a", hour + 10min, 10);
    store("b", hour + 70min, 10);
    Expiry(db()).delete_before(hour + 1h, never);
    const Rebuild::Outcome outcome = Rebuild(db()).run(hour, hour + days(1), never);
    EXPECT_EQ(outcome.skipped, 1);
    EXPECT_EQ(outcome.hours, 1);
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours"), "20");
}

TEST_F(Upkeep, TellsWhatItMadeRightBeforeAnHourFailed) {
    const Timestamp hour = at("2026-11-22T05:00:00Z");
    store("a", hour, 1);
    store("b", hour + 1h, 1);
    host_->sql.query("UPDATE request_log_hours SET requests = 9");
    tests::SqlReader other(host_->dsn());
    other.query("BEGIN");
    other.query("SELECT FROM request_log_hours WHERE hour = '2026-11-22T06:00:00Z' FOR UPDATE");
    const Rebuild::Outcome outcome = Rebuild(db()).run(hour, hour + days(1), never);
    EXPECT_EQ(outcome.differed.size(), 1U);
    EXPECT_EQ(outcome.next, hour + 1h);
    EXPECT_THROW(Rebuild(db()).run(*outcome.next, hour + days(1), never), Error);
    other.query("COMMIT");
    EXPECT_EQ(Rebuild(db()).run(*outcome.next, hour + days(1), never).differed.size(), 1U);
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours"), "2");
}

TEST_F(Upkeep, WaitsForAnotherLongerThanForOtherLocks) {
    const Timestamp hour = at("2026-11-22T05:00:00Z");
    store("a", hour, 1);
    tests::SqlReader other(host_->dsn());
    other.query("SELECT pg_advisory_lock(7310872415)");
    auto outcome = std::async(std::launch::async,
                              [&] { return Rebuild(db()).run(hour, hour + days(1), never); });
    EXPECT_TRUE(tests::eventually(30s, [&] {
        return value(
                   "SELECT count(*) FROM pg_locks JOIN pg_database ON database = pg_database.oid"
                   " WHERE datname = current_database() AND NOT granted"
                   " AND now() - waitstart > interval '1100 ms'") == "1";
    }));
    other.query("SELECT pg_advisory_unlock(7310872415)");
    EXPECT_EQ(outcome.get().hours, 1);
}

TEST_F(Upkeep, TellsWhereToGoOnWhenTimeIsUp) {
    const Timestamp hour = at("2026-11-22T05:00:00Z");
    store("a", hour, 1);
    store("b", hour + 1h, 1);
    const Rebuild::Outcome outcome = Rebuild(db()).run(hour, hour + days(1), [] { return true; });
    EXPECT_EQ(outcome.hours, 1);
    EXPECT_EQ(outcome.next, hour + 1h);
}

}  // namespace
}  // namespace ezapi::logs
