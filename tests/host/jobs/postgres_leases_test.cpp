#include "host/jobs/postgres_leases.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "host/db/migrations.hpp"
#include "host/db/pools.hpp"
#include "host/jobs/scheduler.hpp"
#include "host/telemetry/log.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/private_postgres.hpp"

namespace {

using namespace ezapi::host;
using namespace ezapi::tests;
using namespace std::chrono_literals;
using jobs::PostgresLeases;

class PostgresLeasesTest : public PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        telemetry::set_level(EZ_LOG_WARN);
        const std::string dsn = postgres().fresh_database();
        const std::array<std::string, 1> modules = {"core"};
        static_cast<void>(db::Migrations({MIGRATIONS, dsn}).apply(modules));
        db::PoolsOptions options;
        options.main.dsn = dsn;
        pools_ = std::make_unique<db::Pools>(options);
    }

    PostgresLeases leases(const std::string& holder, std::chrono::milliseconds life = 30s) {
        return {*pools_, holder, life};
    }

    void expire(const std::string& job) {
        const std::array params = {db::param(job)};
        static_cast<void>(pools_->query(
            "main",
            "UPDATE ez_job_leases SET expires_at = now() - interval '1 s' WHERE name = $1",
            params));
    }

    std::unique_ptr<db::Pools> pools_;
};

TEST_F(PostgresLeasesTest, AreHeldByOneProcessAtATime) {
    auto a = leases("a");
    auto b = leases("b");
    EXPECT_EQ(a.acquire("job", 0ms), 1);
    EXPECT_EQ(b.acquire("job", 0ms), std::nullopt);
    EXPECT_EQ(b.acquire("another job", 0ms), 1);
    a.release("job", 1, "");
    EXPECT_EQ(b.acquire("job", 0ms), 2) << "the fence rises at the change of owner";
}

TEST_F(PostgresLeasesTest, RestForAWhileAfterARunAnywhere) {
    auto a = leases("a");
    auto b = leases("b");
    ASSERT_EQ(a.acquire("job", 1h), 1);
    a.release("job", 1, "");
    EXPECT_EQ(b.acquire("job", 1h), std::nullopt);
    EXPECT_EQ(a.acquire("job", 1h), std::nullopt);
    EXPECT_EQ(b.acquire("job", 0ms), 2) << "a run that was asked for does not rest";
}

TEST_F(PostgresLeasesTest, GoToAnotherProcessWhenTheyExpire) {
    auto a = leases("a");
    auto b = leases("b");
    ASSERT_EQ(a.acquire("job", 0ms), 1);
    EXPECT_TRUE(a.renew("job", 1));
    expire("job");
    EXPECT_EQ(b.acquire("job", 0ms), 2);
    EXPECT_FALSE(a.renew("job", 1)) << "the holder of before learns it";
    a.release("job", 1, "");
    EXPECT_EQ(a.acquire("job", 0ms), std::nullopt) << "and cannot give away what is not its own";
}

TEST_F(PostgresLeasesTest, AreNotRenewedOnceExpired) {
    auto a = leases("a");
    ASSERT_EQ(a.acquire("job", 0ms), 1);
    expire("job");
    EXPECT_FALSE(a.renew("job", 1));
    EXPECT_EQ(a.acquire("job", 0ms), 1) << "nobody else had it meanwhile";
}

TEST_F(PostgresLeasesTest, NoteHowARunEnded) {
    auto a = leases("a");
    ASSERT_EQ(a.acquire("job", 0ms), 1);
    a.release("job", 1, "no luck");
    const auto rows =
        pools_->query("main", "SELECT last_error, last_run_at IS NOT NULL FROM ez_job_leases");
    EXPECT_EQ(rows.text(0, 0), "no luck");
    EXPECT_TRUE(rows.boolean(0, 1));
}

TEST_F(PostgresLeasesTest, KeepManySchedulersFromRunningAJobTogether) {
    std::atomic<int> inside{0};
    std::atomic<int> runs{0};
    std::atomic<bool> overlapped{false};
    std::vector<std::unique_ptr<PostgresLeases>> owners;
    std::vector<std::unique_ptr<jobs::Scheduler>> schedulers;
    for (int i = 0; i < 3; ++i) {
        owners.push_back(
            std::make_unique<PostgresLeases>(*pools_, "process " + std::to_string(i), 30s));
        schedulers.push_back(std::make_unique<jobs::Scheduler>(
            jobs::Options{1, jobs::steady_clock(), {}}, owners.back().get(), nullptr));
        schedulers.back()->every(
            "p", jobs::HostJob{"job", EZ_JOB_CLUSTER, 5ms, true, [&](const ez_run&) {
                                   if (++inside > 1) overlapped = true;
                                   ++runs;
                                   std::this_thread::yield();
                                   --inside;
                               }});
        schedulers.back()->activate("p");
    }
    for (auto& scheduler : schedulers) scheduler->start();
    EXPECT_TRUE(eventually(30s, [&] { return runs >= 20; }));
    schedulers.clear();
    EXPECT_FALSE(overlapped);
}

}  // namespace
