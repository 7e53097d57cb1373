// Partitions and what is stored in them, with a real PostgreSQL.
#include "retention/partitions.hpp"

#include <atomic>
#include <thread>

#include "retention/expiry.hpp"
#include "rollup/rebuild.hpp"
#include "upkeep.hpp"

namespace ezapi::logs {
namespace {

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
    // A partition that ends in the year 10000 does not prevent reading the others.
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
                // 70 by COPY, 7 by the statement for few rows; repeated when nothing was stored.
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

TEST_F(Upkeep, TellsAnotherRecordUnderAStoredIdFromTheSameSentAgain) {
    store("first", kNow, 1);
    for (const Partitioning mode : {Partitioning::off, Partitioning::day}) {
        tend(mode, kNow);
        // In the middle of a day and near its end; few rows by one statement, many by COPY.
        for (const Timestamp time : {at("2026-11-24T12:00:00Z"), at("2026-11-24T23:59:00Z")}) {
            for (const size_t count : {10U, 100U}) {
                const std::string prefix = "id-" + std::to_string(static_cast<int>(mode)) + "-" +
                                           format_time(time) + "-" + std::to_string(count) + "-";
                EXPECT_EQ(store(prefix, time, count), count);
                for (const bool restarted : {false, true}) {
                    if (restarted) store_ = std::make_unique<RequestStore>(db());
                    EXPECT_EQ(store(prefix, time, count), 0U);
                    EXPECT_EQ(reused_, 0U);
                    // With another master it is a different record, stored once.
                    EXPECT_EQ(store(prefix, time, count, {.master = 9}), restarted ? 0U : count);
                    EXPECT_EQ(reused_, 0U);
                    EXPECT_EQ(store(prefix, time, count, {.master = 9, .key = 3}), 0U);
                    EXPECT_EQ(reused_, count);
                    EXPECT_EQ(store(prefix, time + 1h, count, {.model = "gpt-5"}), 0U);
                    EXPECT_EQ(reused_, count);
                    EXPECT_EQ(store(prefix, time, count + 1), 1U);
                    EXPECT_EQ(reused_, 0U);
                    host_->sql.query("DELETE FROM request_logs WHERE request_id = '" + prefix +
                                     std::to_string(count) + "'");
                }
            }
        }
    }
    EXPECT_EQ(value("SELECT count(*) FROM request_logs WHERE master_id = 9"), "440");
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours WHERE master_id = 9"), "440");
}

/// An earlier version, whose index did not include the master, creates partitions and writes
/// concurrently.
TEST_F(Upkeep, PartitionsOfAnEarlierVersionKeepNoMasterOut) {
    tend(Partitioning::day, kNow);
    const Timestamp noon = at("2026-11-26T12:00:00Z");
    store("where", noon, 1);
    const std::string table = partition_of("where0");
    const auto own = [&] {
        return value(
            "SELECT indexdef LIKE '%COALESCE(master_id%' FROM pg_indexes WHERE indexname "
            "= '" +
            table + "_request_id'");
    };
    for (const size_t count : {10U, 100U}) {
        const std::string prefix = "old-" + std::to_string(count) + "-";
        ASSERT_EQ(store(prefix, noon, count), count);
        host_->sql.query("DROP INDEX " + table + "_request_id");
        host_->sql.query("CREATE UNIQUE INDEX " + table + "_request_id ON " + table +
                         " (request_id)");
        EXPECT_EQ(store(prefix, noon, count), 0U);
        EXPECT_EQ(own(), "f") << "is not replaced without need";
        (void)store(prefix, noon, count, {.master = 9});
        EXPECT_EQ(own(), "t");
        EXPECT_EQ(reused_, 0U);
        EXPECT_EQ(store(prefix, noon, count, {.master = 9}), 0U);
        EXPECT_EQ(reused_, 0U);
        EXPECT_EQ(value("SELECT count(*) FROM request_logs WHERE master_id = 9"),
                  std::to_string(count));
        host_->sql.query("DELETE FROM request_logs WHERE master_id = 9");
    }
    EXPECT_EQ(value("SELECT sum(requests) FROM request_log_hours WHERE master_id = 9"), "110");
    // The maintenance job does the same before a record needs it.
    host_->sql.query("DROP INDEX " + table + "_request_id");
    host_->sql.query("CREATE UNIQUE INDEX " + table + "_request_id ON " + table + " (request_id)");
    Partitions(db()).own_ids();
    EXPECT_EQ(own(), "t");
    // Its statement for few records returns the ids that were already stored.
    const std::string signature = value("SELECT request_logs_enter(ARRAY[]::timestamptz[], false)");
    const auto add = [&](const char* master) {
        return value(std::string("SELECT coalesce(string_agg(coalesce(id, 'NULL'), ','), '-') FROM "
                                 "request_logs_add(ARRAY['2026-11-26 12:00:00+00'::timestamptz], "
                                 "ARRAY[") +
                     master +
                     "::bigint], ARRAY[2::bigint], ARRAY[NULL::bigint], ARRAY[NULL::bigint], "
                     "ARRAY[3::bigint], ARRAY[0::bigint], ARRAY[0::bigint], ARRAY[0::bigint], "
                     "ARRAY[10], ARRAY[NULL::integer], ARRAY[200::smallint], ARRAY[false], "
                     "ARRAY['old-10-0'], ARRAY[''], ARRAY[''], ARRAY['m'], ARRAY[''], ARRAY[''], "
                     "ARRAY[''], ARRAY[''], ARRAY[''::bytea], " +
                     signature + ") AS id");
    };
    EXPECT_EQ(add("1"), "old-10-0");
    EXPECT_EQ(add("5"), "-");
    EXPECT_EQ(add("5"), "old-10-0");
    EXPECT_EQ(add("NULL"), "-");
    EXPECT_EQ(add("NULL"), "old-10-0");
}

TEST_F(Upkeep, StoresTheSameWhetherManyOrFewCome) {
    // One round trip for few rows, COPY for many: the first group uses COPY to read the partitions.
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

}  // namespace
}  // namespace ezapi::logs
