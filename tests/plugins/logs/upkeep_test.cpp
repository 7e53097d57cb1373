// What keeps the log database in shape, over a real PostgreSQL and with a time of the test's own:
// partitions, retention, folding, summaries, recomputation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "retention/expiry.hpp"
#include "retention/partitions.hpp"
#include "rollup/figures_row.hpp"
#include "rollup/folding.hpp"
#include "rollup/rebuild.hpp"
#include "rollup/summaries.hpp"
#include "rows/request_store.hpp"
#include "tests/contract/database_host.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;

Timestamp at(const char* text) {
    return parse_time(text).value();
}

const Timestamp kNow = at("2026-11-23T06:30:00Z");

bool never() {
    return false;
}

class Upkeep : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        host_ = std::make_unique<tests::DatabaseHost>("logs/logs");
        store_ = std::make_unique<RequestStore>(host_->db());
    }

    [[nodiscard]] Db db() const { return host_->db(); }

    [[nodiscard]] std::string value(const std::string& sql) const { return host_->sql.value(sql); }

    struct Kind {
        std::int64_t master = 1;
        std::int64_t key = 2;
        std::string_view model = "gpt-4o";
        std::int16_t status = 200;
    };

    /// Stores `count` records; returns how many were new.
    size_t store(const std::string& prefix, Timestamp time, size_t count, const Kind& kind) {
        RowBlock block;
        for (size_t i = 0; i < count; ++i) {
            const std::string id = prefix + std::to_string(i);
            Record record;
            record.request_id = id;
            record.created_us = time.time_since_epoch().count();
            record.master_id = kind.master;
            record.key_id = kind.key;
            record.model = kind.model;
            record.status_code = kind.status;
            record.latency_ms = static_cast<std::int32_t>(10 + i);
            record.tokens_in = 3;
            block.add(record, i);
        }
        std::vector<RowRef> rows;
        for (const RowBlock::Row& row : block.rows()) rows.push_back({&block, &row});
        store_->write(rows);
        return static_cast<size_t>(std::count_if(
            rows.begin(), rows.end(), [](const RowRef& ref) { return ref.is_new(); }));
    }

    size_t store(const std::string& prefix, Timestamp time, size_t count) {
        return store(prefix, time, count, Kind{});
    }

    void tend(Partitioning mode, Timestamp now) const {
        const Partitions partitions(db());
        for (int round = 0; round < 20; ++round) {
            const auto steps = plan_partitions(mode, now, partitions.read(now));
            if (steps.empty()) return;
            for (const PartitionStep& step : steps) partitions.apply(step);
        }
        FAIL() << "the plan never ends, with as many steps as "
               << plan_partitions(mode, now, partitions.read(now)).size() << ", of kind "
               << plan_partitions(mode, now, partitions.read(now)).front().index();
    }

    [[nodiscard]] std::string partition_of(const std::string& id) const {
        return value("SELECT tableoid::regclass FROM request_logs WHERE request_id = '" + id + "'");
    }

    std::unique_ptr<tests::DatabaseHost> host_;
    std::unique_ptr<RequestStore> store_;
};

TEST_F(Upkeep, ChangesThePartitioningWithoutLosingOrRewritingARow) {
    store("old", kNow - days(40), 50);
    store("new", kNow, 50);
    const std::string file = value(
        "SELECT pg_relation_filenode('request_logs_all') || ' ' || max(ctid::text)"
        " FROM request_logs");

    tend(Partitioning::day, kNow);
    EXPECT_EQ(value("SELECT pg_relation_filenode('request_logs_all') || ' ' || max(ctid::text)"
                    " FROM request_logs"),
              file);
    EXPECT_EQ(store("then", kNow + days(2), 50), 50U);
    EXPECT_EQ(partition_of("then1"), "request_logs_20261125_20261126");

    tend(Partitioning::month, kNow + days(2));
    EXPECT_EQ(store("late", kNow + days(4), 50), 50U);
    EXPECT_EQ(partition_of("late1"), "request_logs_20261126_20261201");

    tend(Partitioning::off, kNow + days(4));
    EXPECT_EQ(store("end", kNow + days(400), 50), 50U);
    EXPECT_EQ(partition_of("end1"), "request_logs_20261201_on");

    tend(Partitioning::month, kNow + days(400));
    EXPECT_EQ(value("SELECT count(*) FROM request_logs"), "250");
    for (const auto& [prefix, time] : {std::pair{"old", kNow - days(40)},
                                       {"new", kNow},
                                       {"then", kNow + days(2)},
                                       {"late", kNow + days(4)},
                                       {"end", kNow + days(400)}})
        EXPECT_EQ(store(prefix, time, 50), 0U) << prefix;
}

TEST_F(Upkeep, GoesOnWhereAnInterruptedChangeLeftOff) {
    store("old", kNow, 50);
    host_->sql.query(
        "ALTER TABLE request_logs_all ADD CONSTRAINT request_logs_end CHECK"
        " (created_at < '2026-11-24') NOT VALID");
    tend(Partitioning::day, kNow);
    EXPECT_EQ(value("SELECT count(*) FROM pg_constraint WHERE conname = 'request_logs_end'"), "0");
    EXPECT_EQ(value("SELECT ends FROM request_log_partitions WHERE name = 'request_logs_all'"),
              value("SELECT '2026-11-25Z'::timestamptz"));
}

TEST_F(Upkeep, TakesRowsAgainWhenAnInterruptedChangeIsGivenUp) {
    store("old", kNow, 5);
    host_->sql.query(
        "ALTER TABLE request_logs_all ADD CONSTRAINT request_logs_end CHECK"
        " (created_at < '2026-11-25') NOT VALID");
    EXPECT_THROW(store("later", kNow + days(9), 5), Error);
    tend(Partitioning::off, kNow + days(9));
    EXPECT_EQ(store("later", kNow + days(9), 5), 5U);
}

TEST_F(Upkeep, MovesRowsFromTheFutureBehindTheEndOfTheOpenPartition) {
    store("old", kNow, 50);
    store("ahead", kNow + days(700), 3);
    store("last", at("9999-12-31T23:00:00Z"), 2);
    tend(Partitioning::day, kNow);
    EXPECT_EQ(value("SELECT ends FROM request_log_partitions WHERE name = 'request_logs_all'"),
              value("SELECT '2026-11-25Z'::timestamptz"));
    EXPECT_EQ(value("SELECT count(*) FROM request_logs"), "55");
    EXPECT_EQ(value("SELECT count(*) FROM request_logs_all"), "50");
    // A partition that ends in the year 10000 keeps nobody from reading the others.
    EXPECT_EQ(partition_of("last1"), "request_logs_99991231_100000101");
    store_ = std::make_unique<RequestStore>(db());
    EXPECT_EQ(store("new", kNow, 100), 100U);
    EXPECT_EQ(store("last", at("9999-12-31T23:00:00Z"), 2), 0U);
    tend(Partitioning::month, kNow + days(1));
    EXPECT_EQ(Expiry(db()).delete_before(kNow + days(800), never).records, 153);
}

TEST_F(Upkeep, WaitsBrieflyForItsLocksAndLeavesAllAsItWas) {
    tests::SqlReader reader(host_->dsn());
    reader.query("BEGIN");
    reader.query("SELECT count(*) FROM request_logs");
    EXPECT_THROW(tend(Partitioning::day, kNow), Error);
    EXPECT_EQ(store("meanwhile", kNow, 5), 5U);
    reader.query("COMMIT");
    tend(Partitioning::day, kNow);
    EXPECT_EQ(store("meanwhile", kNow, 5), 0U);
}

TEST_F(Upkeep, LosesNothingThatIsStoredWhileThePartitioningChanges) {
    std::atomic<bool> stopping{false};
    std::atomic<size_t> stored{0};
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 2; ++writer) {
        writers.emplace_back([&, writer] {
            for (int group = 0; !stopping; ++group) {
                const std::string prefix =
                    std::to_string(writer) + "-" + std::to_string(group) + "-";
                // 70 by COPY, 7 by the statement for a few; again where nothing was stored.
                const size_t count = group % 2 == 0 ? 70 : 7;
                for (size_t done = 0; done == 0;) {
                    try {
                        done = store(prefix, kNow + hours(group % 24), count);
                    } catch (const Error&) {
                        std::this_thread::sleep_for(1ms);
                    }
                }
                stored += count;
            }
        });
    }
    Timestamp now = kNow;
    for (const Partitioning mode : {Partitioning::day,
                                    Partitioning::month,
                                    Partitioning::off,
                                    Partitioning::day,
                                    Partitioning::off}) {
        const size_t before = stored;
        tend(mode, now += days(1));
        while (stored < before + 500) std::this_thread::sleep_for(1ms);
    }
    stopping = true;
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(value("SELECT count(DISTINCT request_id) || ' ' || count(*) FROM request_logs"),
              std::to_string(stored) + " " + std::to_string(stored));
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours"), std::to_string(stored));
}

TEST_F(Upkeep, MovesStraysHome) {
    tend(Partitioning::day, kNow);
    store("ahead", kNow + days(30), 20);
    EXPECT_EQ(partition_of("ahead1"), "request_logs_default");
    EXPECT_EQ(Partitions(db()).rows_in_default(), 20);
    tend(Partitioning::day, kNow);
    EXPECT_EQ(partition_of("ahead1"), "request_logs_20261223_20261224");
    EXPECT_EQ(Partitions(db()).rows_in_default(), 0);
    EXPECT_EQ(store("ahead", kNow + days(30), 20), 0U);
}

TEST_F(Upkeep, StoresAnIdOnceAcrossPartitions) {
    tend(Partitioning::day, kNow);
    EXPECT_EQ(store("twin", at("2026-11-24T23:59:00Z"), 10), 10U);
    store_ = std::make_unique<RequestStore>(db());  // as after a restart
    EXPECT_EQ(store("twin", at("2026-11-25T23:58:00Z"), 10), 0U);
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours"), "10");
}

TEST_F(Upkeep, StoresTheSameWhetherManyOrFewCome) {
    // One round trip for a few, COPY for many: the first group learns of the partitions, by COPY.
    store("first", kNow, 1);
    store("few", kNow, 40, {.key = 7, .model = "a \"quoted\\ name", .status = 404});
    store("many", kNow, 400, {.key = 8, .model = "a \"quoted\\ name", .status = 404});
    const auto columns = [this](const std::string& prefix) {
        return value(
            "SELECT string_agg(DISTINCT concat_ws('|', created_at, master_id,"
            " provider_id IS NULL, tokens_in, cost_nano, first_token_ms IS NULL,"
            " status_code, stream, model, client_ip), ' ') FROM request_logs"
            " WHERE request_id LIKE '" +
            prefix + "%'");
    };
    EXPECT_EQ(columns("few"), columns("many"));
    EXPECT_NE(columns("few"), "");
    EXPECT_EQ(store("few", kNow, 41, {.key = 7}), 1U);
    EXPECT_EQ(value("SELECT concat_ws(' ', sum(requests), sum(errors), sum(tokens_in),"
                    " sum(latency_sum_ms)) FROM request_log_hours WHERE key_id = 7"),
              "41 40 123 1230");
    EXPECT_TRUE(Rebuild(db()).run(kNow - 1h, kNow + 1h, never).differed.empty());
}

TEST_F(Upkeep, StoresAFewAfterThePartitionsChanged) {
    store("first", kNow, 2);
    tend(Partitioning::day, kNow);
    EXPECT_EQ(store("few", kNow, 10), 10U);
    EXPECT_EQ(store("few", kNow, 10), 0U);
}

TEST_F(Upkeep, StoresAnIdOnceThatWasSeenLongAgo) {
    EXPECT_EQ(store("twin", kNow - days(300), 10), 10U);
    store_ = std::make_unique<RequestStore>(db());
    EXPECT_EQ(store("twin", kNow, 11), 1U);
}

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
    EXPECT_EQ(value("SELECT count(*) FROM request_log_spans WHERE ready"), "3");
    Expiry(db()).delete_statistics_before(day + 36h, never);
    EXPECT_EQ(value("SELECT count(*) FROM request_log_hours"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM request_log_spans"), "0");
}

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
    latency.merge(from_hex(value("SELECT latency FROM request_log_hours WHERE status_class = 2")));
    EXPECT_EQ(latency.count(), 1200U);
    EXPECT_EQ(latency.quantile(0.5), 10);
    EXPECT_TRUE(Folding(db()).run(kNow, never).empty());
}

TEST_F(Upkeep, SumsUpWhatIsOver) {
    store("a", at("2026-11-22T05:10:00Z"), 10, {.master = 1, .key = 1});
    store("b", at("2026-11-22T05:20:00Z"), 20, {.master = 2, .key = 2, .model = "other"});
    store("c", at("2026-11-22T07:00:00Z"), 5, {.master = 1, .key = 1, .status = 500});
    store("now", kNow, 5);
    EXPECT_EQ(Summaries(db()).run(kNow, never), 3U);  // two hours and a day
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
    EXPECT_EQ(value("SELECT count(*) FROM request_log_spans WHERE ready"), "3");
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
    EXPECT_EQ(value("SELECT count(*) FROM request_log_spans WHERE span = 'day'"), "0");
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
