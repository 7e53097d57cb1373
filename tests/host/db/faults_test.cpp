// The pools while PostgreSQL restarts, hangs, is unreachable, or closes its connections.
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <thread>

#include "host/db/session.hpp"
#include "tests/host/db/database_test.hpp"

// Poco 1.11 leaks a connection that fails while it is opened. This happens only when the server
// goes away right after the trial connection, as in the restarts under load here. That lost
// sessions do not leak is measured below.
extern "C" const char* __lsan_default_suppressions();  // NOLINT: the sanitizer's name

extern "C" const char* __lsan_default_suppressions() {  // NOLINT
    return "leak:Poco::Data::PostgreSQL::SessionHandle::connect";
}

namespace ezapi::host::db {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsMeasurable = false;  // freed memory stays in quarantine
#else
constexpr bool kMemoryIsMeasurable = true;
#endif

size_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    size_t total = 0;
    size_t resident = 0;
    in >> total >> resident;
    return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

using Clock = std::chrono::steady_clock;

class FaultsTest : public DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (!IsSkipped() && !postgres().controllable())
            GTEST_SKIP() << "needs a server that it may stop";
    }

    /// Fills the pool with idle connections.
    void warm_up() {
        std::vector<std::unique_ptr<Transaction>> all;
        for (int i = 0; i < 3; ++i) all.push_back(pools_->begin("main"));
    }
};

TEST_F(FaultsTest, NoStatementFailsAfterARestartInBetween) {
    warm_up();
    ASSERT_EQ(pools_->status("main").idle, 3U);
    postgres().restart();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(number("SELECT 1"), 1);
    pools_->begin("main")->commit();
}

TEST_F(FaultsTest, FailsFastWhileTheServerIsAwayAndRecovers) {
    warm_up();
    postgres().stop();
    EXPECT_EQ(error_of_call([&] { query("SELECT 1"); }).status(), EZ_UNAVAILABLE);
    const auto start = Clock::now();
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(error_of_call([&] { query("SELECT 1"); }).status(), EZ_UNAVAILABLE);
    EXPECT_LT(Clock::now() - start, 3s);
    postgres().start();
    EXPECT_TRUE(tests::eventually(5s, [&] {
        try {
            return number("SELECT 1") == 1;
        } catch (const Error& error) {
            return error.status() != EZ_UNAVAILABLE;
        }
    }));
    EXPECT_EQ(pools_->status("main").busy, 0U);
}

TEST_F(FaultsTest, ALostConnectionInsideATransactionMeansNotCommitted) {
    query("CREATE TABLE t (a int)");
    auto tx = pools_->begin("main");
    tx->query("INSERT INTO t VALUES (1)");
    const std::string pid(tx->query("SELECT pg_backend_pid()").text(0, 0));
    const std::array values{param(pid)};
    query("SELECT pg_terminate_backend($1)", values);
    const Error error = error_of_call([&] {
        // The end of the connection may need a moment to arrive.
        ASSERT_TRUE(tests::eventually(5s, [&] { return tx->query("SELECT 1").empty(); }));
    });
    EXPECT_EQ(error.status(), EZ_UNAVAILABLE);
    int outcome = 7;
    tx->after([&](int committed) { outcome = committed; });
    EXPECT_THROW(tx->commit(), Error);
    EXPECT_EQ(outcome, 0);
    EXPECT_EQ(number("SELECT count(*) FROM t"), 0);
}

TEST_F(FaultsTest, ALostConnectionDuringCommitIsAnUnknownOutcome) {
    query("CREATE TABLE t (a int)");
    // COMMIT runs this trigger, which ends its own connection.
    query(
        "CREATE FUNCTION fall() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'");
    query(
        "CREATE CONSTRAINT TRIGGER fall AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION fall()");
    auto tx = pools_->begin("main");
    tx->query("INSERT INTO t VALUES (1)");
    int outcome = 7;
    tx->after([&](int committed) { outcome = committed; });
    const Error error = error_of_call([&] { tx->commit(); });
    EXPECT_EQ(error.status(), EZ_TIMEOUT);
    EXPECT_EQ(error.code(), "outcome_unknown");
    EXPECT_EQ(outcome, -1);
}

TEST_F(FaultsTest, TheServerCancelsASlowStatementAndTheConnectionStays) {
    open([](PoolsOptions& options) {
        options.main.size = 1, options.main.statement_timeout = 200ms;
    });
    const int64_t backend = number("SELECT pg_backend_pid()");
    const auto start = Clock::now();
    const Error error = error_of_call([&] { query("SELECT pg_sleep(10)"); });
    EXPECT_EQ(error.status(), EZ_TIMEOUT);
    EXPECT_EQ(error.sqlstate(), "57014");
    EXPECT_LT(Clock::now() - start, 2s);
    EXPECT_EQ(number("SELECT pg_backend_pid()"), backend);
}

TEST_F(FaultsTest, AStatementThatOutlivesItsTimeoutIsCancelledFromHere) {
    open([](PoolsOptions& options) {
        options.main.size = 1, options.main.statement_timeout = 200ms,
        options.main.cancel_grace = 2s;
    });
    const auto start = Clock::now();
    auto tx = pools_->begin("main");
    tx->query("SET LOCAL statement_timeout = 0");
    const Error error = error_of_call([&] { tx->query("SELECT pg_sleep(30)"); });
    EXPECT_EQ(error.sqlstate(), "57014") << error.what();
    EXPECT_LT(Clock::now() - start, 4s);
    tx.reset();
    EXPECT_EQ(number("SELECT 1"), 1);
}

TEST_F(FaultsTest, AFrozenBackendCostsItsTimeoutAndNotMore) {
    open([](PoolsOptions& options) { options.main.statement_timeout = 200ms; });
    auto tx = pools_->begin("main");
    const auto backend = static_cast<pid_t>(tx->query("SELECT pg_backend_pid()").integer(0, 0));
    ASSERT_EQ(kill(backend, SIGSTOP), 0);
    const auto start = Clock::now();
    EXPECT_EQ(error_of_call([&] { tx->query("SELECT pg_backend_pid()"); }).status(), EZ_TIMEOUT);
    EXPECT_LT(Clock::now() - start, 2s);
    tx.reset();
    EXPECT_EQ(number("SELECT 1"), 1);
    kill(backend, SIGCONT);
}

TEST_F(FaultsTest, AFrozenServerIsUnavailableWithinTheLimits) {
    open([](PoolsOptions& options) { options.main.statement_timeout = 200ms; });
    warm_up();
    postgres().freeze();
    const auto start = Clock::now();
    EXPECT_EQ(error_of_call([&] { query("SELECT 1"); }).status(), EZ_UNAVAILABLE);
    EXPECT_LT(Clock::now() - start, 2s);
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            const Error error = error_of_call([&] { query("SELECT 1"); });
            if (error.status() == EZ_UNAVAILABLE || error.status() == EZ_TIMEOUT) ++refused;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(refused, 8);
    EXPECT_LT(Clock::now() - start, 6s);
    postgres().thaw();
    EXPECT_TRUE(tests::eventually(10s, [&] {
        try {
            return number("SELECT 1") == 1;
        } catch (const Error&) {
            return false;
        }
    }));
}

TEST_F(FaultsTest, LostConnectionsLeaveNoMemoryBehind) {
    if (!kMemoryIsMeasurable) GTEST_SKIP() << "sanitizers keep freed memory";
    open([](PoolsOptions& options) { options.main.size = 1; });
    const auto lose = [&](int times) {
        for (int i = 0; i < times; ++i) {
            const std::string pid(query("SELECT pg_backend_pid()").text(0, 0));
            const std::array values{param(pid)};
            pools_->query("logs", "SELECT pg_terminate_backend($1)", values);
            ASSERT_TRUE(tests::eventually(5s, [&] {
                return pools_
                    ->query("logs", "SELECT 1 FROM pg_stat_activity WHERE pid = $1", values)
                    .empty();
            }));
        }
    };
    lose(20);
    const size_t before = resident_bytes();
    lose(60);  // 1.2 MB if each of them left its session behind
    EXPECT_LT(resident_bytes(), before + 768 * 1024);
}

TEST_F(FaultsTest, FailedConnectsLeaveNoMemoryBehind) {
    if (!kMemoryIsMeasurable) GTEST_SKIP() << "sanitizers keep freed memory";
    const auto fail = [&](int times) {
        for (int i = 0; i < times; ++i) EXPECT_THROW(Session(dsn_ + "_missing"), Unreachable);
    };
    fail(30);
    const size_t before = resident_bytes();
    fail(300);  // 3.6 MB if each of them left its connection behind
    EXPECT_LT(resident_bytes(), before + 1024 * 1024);
}

TEST_F(FaultsTest, EveryConnectionIsUsableAgainAfterRestartsUnderLoad) {
    open([](PoolsOptions& options) { options.main.wait_limit = 2s; });
    std::atomic<bool> stop = false;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&] {
            while (!stop) {
                try {
                    if (number("SELECT 7") != 7) ++wrong;
                } catch (const Error& error) {
                    if (error.status() != EZ_UNAVAILABLE && error.status() != EZ_TIMEOUT) ++wrong;
                }
            }
        });
    }
    for (int i = 0; i < 3; ++i) postgres().restart();
    stop = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_TRUE(tests::eventually(5s, [&] {
        try {
            warm_up();
            return pools_->status("main").idle == 3;
        } catch (const Error&) {
            return false;  // no retry right after a failure
        }
    }));
}

}  // namespace
}  // namespace ezapi::host::db
