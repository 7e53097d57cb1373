#include "host/db/pools.hpp"

#include <array>
#include <atomic>
#include <thread>

#include "host/telemetry/metrics.hpp"
#include "tests/host/db/database_test.hpp"

namespace ezapi::host::db {
namespace {

using testing::HasSubstr;
using testing::Not;

class PoolsTest : public DatabaseTest {};

TEST_F(PoolsTest, RoundTripsTextsNumbersAndNulls) {
    const std::array values{param("Grüße 🌍"), param("42"), null_param(), param("")};
    const Rows rows =
        query("SELECT $1::text AS a, $2::bigint, $3::text, $4::text, 'x'::text IS NULL", values);
    ASSERT_EQ(rows.rows(), 1U);
    ASSERT_EQ(rows.columns(), 5U);
    EXPECT_EQ(rows.column_name(0), "a");
    EXPECT_EQ(rows.text(0, 0), "Grüße 🌍");
    EXPECT_EQ(rows.integer(0, 1), 42);
    EXPECT_TRUE(rows.is_null(0, 2));
    EXPECT_THROW(static_cast<void>(rows.integer(0, 2)), Error);
    EXPECT_FALSE(rows.is_null(0, 3));
    EXPECT_EQ(rows.text(0, 3), "");
    EXPECT_FALSE(rows.boolean(0, 4));
    EXPECT_TRUE(rows.is_null(9, 9));
}

TEST_F(PoolsTest, CountsAffectedRows) {
    query("CREATE TABLE t (a int)");
    EXPECT_EQ(query("INSERT INTO t SELECT generate_series(1, 7)").affected(), 7);
    EXPECT_EQ(query("UPDATE t SET a = 0 WHERE a > 5").affected(), 2);
}

TEST_F(PoolsTest, SpeaksUtcWhateverTheServerThinks) {
    EXPECT_EQ(query("SELECT '2024-05-06 07:08:09.123456+02'::timestamptz::text").text(0, 0),
              "2024-05-06 05:08:09.123456+00");
}

TEST_F(PoolsTest, RefusesNulCharactersInsteadOfCuttingTheText) {
    const std::array values{param(std::string_view("ab\0cd", 5))};
    const Error error = error_of_call([&] { query("SELECT $1::text", values); });
    EXPECT_EQ(error.status(), EZ_INVALID);
    EXPECT_THAT(error.what(), HasSubstr("character NUL"));
}

TEST_F(PoolsTest, PreparesAStatementOncePerConnection) {
    open([](PoolsOptions& options) { options.main.size = 1; });
    for (int i = 0; i < 5; ++i) query("SELECT 1 + 1");
    EXPECT_EQ(
        number("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 1 + 1'"), 1);
}

TEST_F(PoolsTest, KeepsNoMorePreparedStatementsThanAllowed) {
    open([](PoolsOptions& options) { options.main.size = 1, options.main.statement_cache = 4; });
    for (int i = 0; i < 20; ++i) query("SELECT " + std::to_string(i));
    EXPECT_LE(number("SELECT count(*) FROM pg_prepared_statements"), 4);
}

TEST_F(PoolsTest, SurvivesAPlanThatDdlMadeStale) {
    query("CREATE TABLE t (a int)");
    query("SELECT * FROM t");
    query("ALTER TABLE t ADD COLUMN b text");
    EXPECT_EQ(query("SELECT * FROM t").columns(), 2U);
}

TEST_F(PoolsTest, ReportsAViolatedConstraintWithoutItsValues) {
    query(
        "CREATE TABLE t (a text CONSTRAINT t_a_key UNIQUE, b int CONSTRAINT t_b_check CHECK (b > "
        "0))");
    query("INSERT INTO t VALUES ('geheim', 1)");
    const Error twice = error_of_call([&] { query("INSERT INTO t VALUES ('geheim', 1)"); });
    EXPECT_EQ(twice.status(), EZ_CONFLICT);
    EXPECT_EQ(twice.code(), "unique");
    EXPECT_EQ(twice.field(), "t_a_key");
    EXPECT_EQ(twice.sqlstate(), "23505");
    EXPECT_THAT(twice.what(), Not(HasSubstr("geheim")));
    EXPECT_EQ(error_of_call([&] { query("INSERT INTO t VALUES ('x', 0)"); }).field(), "t_b_check");
    const std::array values{param("kein uuid")};
    const Error wrong = error_of_call([&] { query("SELECT $1::uuid", values); });
    EXPECT_EQ(wrong.status(), EZ_INVALID);
    EXPECT_THAT(wrong.what(), Not(HasSubstr("kein")));
}

TEST_F(PoolsTest, WaitsForAConnectionNoLongerThanItsLimit) {
    std::vector<std::unique_ptr<Transaction>> taken;
    for (int i = 0; i < 3; ++i) taken.push_back(pools_->begin("main"));
    const auto start = std::chrono::steady_clock::now();
    const Error error = error_of_call([&] { query("SELECT 1"); });
    const auto waited = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(error.status(), EZ_UNAVAILABLE);
    EXPECT_EQ(error.code(), "pool_exhausted");
    EXPECT_STREQ(error.what(), "no connection to the database became free in 500 ms");
    EXPECT_GE(waited, 450ms);
    EXPECT_LT(waited, 2s);
    EXPECT_EQ(pools_->query("logs", "SELECT 1").integer(0, 0), 1)
        << "the other pool must not be touched";
}

TEST_F(PoolsTest, HandsAReturnedConnectionToTheThreadThatWaits) {
    open([](PoolsOptions& options) { options.main.size = 1, options.main.wait_limit = 5s; });
    auto taken = pools_->begin("main");
    std::atomic<bool> served = false;
    std::thread waiter([&] { served = number("SELECT 1") == 1; });
    EXPECT_TRUE(tests::eventually(5s, [&] { return pools_->status("main").waiting == 1; }));
    EXPECT_FALSE(served);
    taken->rollback();
    waiter.join();
    EXPECT_TRUE(served);
}

TEST_F(PoolsTest, ServesManyThreadsWithFewConnections) {
    open([](PoolsOptions& options) { options.main.wait_limit = 20s; });
    constexpr const char* kConnections =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ezapi-main'";
    ASSERT_TRUE(tests::eventually(5s, [&] { return number(kConnections) == 1; }))
        << "those of the case before have not ended";
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 12; ++i) {
        threads.emplace_back([&, i] {
            for (int j = 0; j < 30; ++j) {
                const std::string text = std::to_string(i * 1000 + j);
                const std::array values{param(text)};
                if (query("SELECT $1::int", values).text(0, 0) == text) ++right;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(right, 12 * 30);
    EXPECT_LE(number(kConnections), 3);
}

TEST_F(PoolsTest, GivesNobodyAConnectionWithSessionStateOfAnother) {
    open([](PoolsOptions& options) { options.main.size = 1; });
    query("SET search_path = pg_catalog");
    EXPECT_EQ(query("SHOW search_path").text(0, 0), "\"$user\", public");
    query("SELECT pg_advisory_lock(42)");
    EXPECT_TRUE(tests::eventually(5s, [&] {
        return number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0;
    }));
    EXPECT_EQ(error_of_call([&] { query("BEGIN"); }).status(), EZ_INTERNAL);
    EXPECT_EQ(number("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'"), 0);
}

TEST_F(PoolsTest, ReplacesConnectionsAtTheirMaximumAge) {
    open([](PoolsOptions& options) { options.main.size = 1, options.main.max_age = 300ms; });
    const int64_t first = number("SELECT pg_backend_pid()");
    EXPECT_EQ(number("SELECT pg_backend_pid()"), first);
    EXPECT_TRUE(tests::eventually(5s, [&] { return number("SELECT pg_backend_pid()") != first; }));
}

TEST_F(PoolsTest, RefusesUnknownPoolsAndSenselessOptions) {
    EXPECT_EQ(error_of_call([&] { pools_->query("other", "SELECT 1"); }).status(), EZ_INVALID);
    EXPECT_EQ(
        error_of_call([&] { open([](PoolsOptions& options) { options.main.size = 0; }); }).status(),
        EZ_INVALID);
    EXPECT_THAT(
        error_of_call([&] { open([](PoolsOptions& options) { options.logs.dsn = "x"; }); }).what(),
        HasSubstr("logs database"));
}

TEST_F(PoolsTest, CountsConnectionsWaitsAndErrors) {
    telemetry::Metrics metrics;
    PoolsOptions options;
    options.main.dsn = dsn_;
    Pools pools(options, nullptr, &metrics);
    pools.ping("main");
    EXPECT_THROW(pools.query("main", "SELECT 1/0"), Error);
    const std::string text = metrics.expose();
    EXPECT_THAT(text, HasSubstr("ezapi_db_connections{pool=\"main\",state=\"idle\"} 1"));
    EXPECT_THAT(text, HasSubstr("ezapi_db_errors_total{class=\"22\",pool=\"main\"} 1"));
    EXPECT_THAT(text, HasSubstr("ezapi_db_wait_seconds_count{pool=\"main\"} 2"));
}

}  // namespace
}  // namespace ezapi::host::db
