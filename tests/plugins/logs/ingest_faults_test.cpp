// Acknowledged records are stored exactly once, even if the process or the log database crashes.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "tests/plugins/logs/ingest_fixture.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;

constexpr size_t kPerBody = 20;

/// Clients that send as fast as they get answers, and repeat each body until it is acknowledged.
class Senders {
public:
    explicit Senders(const Instance& instance, int clients = 8) {
        for (int i = 0; i < clients; ++i)
            threads_.emplace_back([this, &instance, i] { run(instance, i); });
    }

    ~Senders() { stop(); }

    void stop() {
        stopping_ = true;
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

    /// Prefixes of bodies that were answered with 200.
    [[nodiscard]] std::set<std::string> acknowledged() const {
        const std::lock_guard lock(mutex_);
        return acknowledged_;
    }

    [[nodiscard]] size_t count() const { return acknowledged().size(); }

    [[nodiscard]] std::set<int> statuses() const {
        const std::lock_guard lock(mutex_);
        return statuses_;
    }

private:
    void run(const Instance& instance, int number) {
        HttpClient client = instance.internal();
        for (int i = 0; !stopping_; ++i) {
            const std::string prefix = std::to_string(number) + "-" + std::to_string(i);
            while (!stopping_ && !sent(client, prefix)) std::this_thread::sleep_for(5ms);
        }
    }

    bool sent(HttpClient& client, const std::string& prefix) {
        int status = 0;
        try {
            status = ingest(client, records(prefix, kPerBody)).status;
        } catch (const std::exception&) {
            return false;  // the connection broke: treated as unanswered
        }
        const std::lock_guard lock(mutex_);
        statuses_.insert(status);
        if (status == 200) acknowledged_.insert(prefix);
        return status == 200;
    }

    std::vector<std::thread> threads_;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::set<std::string> acknowledged_;
    std::set<int> statuses_;
};

class IngestFaults : public testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = PrivatePostgres::missing(); !why.empty()) GTEST_SKIP() << why;
        if (const std::string why = PrivateRedis::missing(); !why.empty()) GTEST_SKIP() << why;
    }

    /// Checks that every acknowledged record is stored once, and that the hours agree with the
    /// rows.
    static void expect_all(const std::string& dsn, const std::set<std::string>& acknowledged) {
        SqlReader sql(dsn);
        EXPECT_EQ(sql.value("SELECT count(*) - count(DISTINCT request_id) FROM request_logs"), "0");
        EXPECT_EQ(sql.value("SELECT sum(requests) FROM request_log_hours"),
                  sql.value("SELECT count(*) FROM request_logs"));
        const auto rows = sql.query(
            "SELECT regexp_replace(request_id, '-[0-9]+$', ''), count(*) FROM request_logs"
            " GROUP BY 1");
        std::set<std::string> whole;
        for (const SqlRow& row : rows) {
            if (*row[1] == std::to_string(kPerBody)) whole.insert(*row[0]);
        }
        for (const std::string& prefix : acknowledged)
            EXPECT_TRUE(whole.contains(prefix)) << prefix;
    }
};

/// Rounds of the crash test; EZ_CRASH_ROUNDS sets another number.
int crash_rounds() {
    const char* rounds = std::getenv("EZ_CRASH_ROUNDS");
    return rounds == nullptr ? 50 : std::max(1, std::atoi(rounds));
}

TEST_F(IngestFaults, LoseNothingThatWasAcknowledgedWhenTheProcessIsKilled) {
    Instance instance({.plugins = {"logs"}});
    Senders senders(instance);
    std::mt19937 random(std::random_device{}());
    for (int round = 0; round < crash_rounds(); ++round) {
        const size_t before = senders.count();
        ASSERT_TRUE(eventually(30s, [&] { return senders.count() > before; })) << round;
        std::this_thread::sleep_for(
            std::chrono::milliseconds(std::uniform_int_distribution<>(0, 300)(random)));
        instance.kill();
        instance.start();
    }
    senders.stop();
    EXPECT_GT(senders.count(), 0U);
    expect_all(instance.dsn(), senders.acknowledged());
}

TEST_F(IngestFaults, LoseNothingThatWasAcknowledgedWhileTheLogDatabaseIsAway) {
    if (!PrivatePostgres::shared().controllable()) GTEST_SKIP() << "the database is not ours";
    PrivatePostgres logs;
    const std::string dsn = durable_database(logs);
    Instance instance({.plugins = {"logs"}, .environment = {{"EZ_LOG_PG_DSN", dsn}}});
    Senders senders(instance);
    for (int round = 0; round < 2; ++round) {
        size_t before = senders.count();
        ASSERT_TRUE(eventually(30s, [&] { return senders.count() > before + 20; }));
        logs.stop();
        HttpClient client = instance.internal();
        EXPECT_TRUE(
            eventually(20s, [&] { return ingest(client, records("away", 1)).status == 503; }));
        EXPECT_EQ(client.get("/health/live").status, 200);
        logs.start();
        before = senders.count();
        ASSERT_TRUE(eventually(30s, [&] { return senders.count() > before + 20; }));
    }
    senders.stop();
    for (const int status : senders.statuses())
        EXPECT_TRUE(status == 200 || status == 429 || status == 503) << status;
    expect_all(dsn, senders.acknowledged());
}

TEST_F(IngestFaults, KeepWhatIsQueuedUntilTheLogDatabaseIsBack) {
    if (!PrivatePostgres::shared().controllable()) GTEST_SKIP() << "the database is not ours";
    PrivatePostgres logs;
    const std::string dsn = durable_database(logs);
    Instance instance({.plugins = {"logs"},
                       .environment = {{"EZ_LOG_PG_DSN", dsn},
                                       {"EZ_LOG_ACK", "queued"},
                                       {"EZ_LOG_QUEUE", "100"},
                                       {"EZ_LOG_FLUSH_MS", "10"}}});
    HttpClient client = instance.internal();
    ASSERT_EQ(ingest(client, records("before", 5)).status, 202);
    ASSERT_TRUE(eventually(20s, [&] { return stored(dsn) == "5 5"; }));
    logs.stop();
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(ingest(client, records("away" + std::to_string(i), 20)).status, 202);
    EXPECT_EQ(ingest(client, records("full", 20)).status, 429);
    logs.start();
    EXPECT_TRUE(eventually(30s, [&] { return stored(dsn) == "105 105"; })) << stored(dsn);
}

}  // namespace
}  // namespace ezapi::tests
