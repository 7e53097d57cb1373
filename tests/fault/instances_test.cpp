// Two instances on one PostgreSQL and one Redis: each may stop or be disconnected at any moment.
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <set>
#include <thread>

#include "tests/dataplane/node.hpp"
#include "tests/fault/breakable.hpp"
#include "tests/support/private_redis.hpp"
#include "tests/support/sql_reader.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Instances : public ::testing::Test {
protected:
    void SetUp() override {
        for (const std::string& why : {PrivatePostgres::missing(), PrivateRedis::missing()}) {
            if (!why.empty()) GTEST_SKIP() << why;
        }
        const std::string dsn = PrivatePostgres::shared().fresh_database();
        to_postgres_ = std::make_unique<TcpProxy>(
            static_cast<uint16_t>(std::stoi(dsn.substr(dsn.find("port=") + 5))));
        std::string proxied = dsn;
        const size_t at = proxied.find("port=") + 5;
        proxied.replace(at, proxied.find(' ', at) - at, std::to_string(to_postgres_->port()));
        first_ = std::make_unique<Breakable>(options(proxied));
        second_ = std::make_unique<Breakable>(options(dsn));
        sql_ = std::make_unique<SqlReader>(dsn);
        ASSERT_TRUE(eventually(30s, [&] { return is_whole(); }));
    }

    [[nodiscard]] InstanceOptions options(const std::string& dsn) const {
        return {.plugins = {"features", "namespaces", "sync"},
                .dsn = dsn,
                .redis = redis_.host() + ":" + std::to_string(redis_.port()),
                .environment = {{"EZ_SYNC_RECONCILE_INTERVAL_SECONDS", "1"},
                                {"EZ_JOBS_LEASE_SECONDS", "3"}}};
    }

    static int put(const Breakable& instance, const std::string& flag, int value) {
        try {
            HttpClient admin(instance->port(), kAdminToken, 20s);
            return admin.put("/admin/features/" + flag, {{"value", value}}).status;
        } catch (const std::exception&) {
            return 0;
        }
    }

    [[nodiscard]] RedisReader reader() const { return RedisReader(redis_.port()); }

    [[nodiscard]] bool is_whole() const { return reader().field("meta:sync", "epoch").has_value(); }

    [[nodiscard]] int flag(const std::string& name) const {
        const auto text = reader().field("meta:features", name);
        return text ? json::parse(*text).at("value").get<int>() : 0;
    }

    PrivateRedis redis_;
    std::unique_ptr<TcpProxy> to_postgres_;
    std::unique_ptr<Breakable> first_;
    std::unique_ptr<Breakable> second_;
    std::unique_ptr<SqlReader> sql_;
};

TEST_F(Instances, OneThatStopsWithAnOldStateInHandTakesNothingBack) {
    for (const char* step : {"committed", "rendered", "written"}) {
        const std::string name = std::string("f-") + step;
        ASSERT_EQ(put(*first_, name, 1), 201);
        first_->at(std::string("stop ") + step);
        auto old = std::async(std::launch::async, [&] { return put(*first_, name, 2); });
        ASSERT_TRUE(first_->reached()) << step;

        ASSERT_EQ(put(*second_, name, 3), 200) << step;
        ASSERT_TRUE(eventually(10s, [&] { return flag(name) == 3; })) << step;
        (*first_)->signal(SIGCONT);
        EXPECT_EQ(old.get(), 200) << step;

        ASSERT_EQ(put(*first_, name + "-after", 1), 201) << "its pushes work on";
        EXPECT_TRUE(eventually(10s, [&] { return flag(name + "-after") == 1; }));
        EXPECT_EQ(flag(name), 3) << step << ": an older state came back";
    }
}

TEST_F(Instances, OneThatStopsInAFullPushIsRelievedAndDoesNoHarmWhenItComesBack) {
    std::set<int> seen;
    for (int i = 0; i < 50; ++i) ASSERT_EQ(put(*second_, "f" + std::to_string(i), 1), 201);
    for (const char* step : {"marked", "page", "filled"}) {
        first_->at(std::string("stop ") + step);
        auto full = std::async(std::launch::async, [&] {
            HttpClient admin(first_->operator->()->port(), kAdminToken, 60s);
            int status = 0;
            // Refused while the other instance runs a full push.
            const bool began = eventually(60s, [&] {
                status = admin.send("POST", "/admin/sync/full").status;
                return !first_->armed();
            });
            return began ? status : 0;
        });
        ASSERT_TRUE(first_->reached()) << step;
        reader().command({"FLUSHALL"});
        EXPECT_TRUE(
            eventually(15s, [&] { return is_whole() && reader().length("meta:features") == 50; }))
            << step << ": the other one did not take over";
        ASSERT_EQ(put(*second_, "f0", static_cast<int>(seen.size()) + 2), 200);

        (*first_)->signal(SIGCONT);
        const int status = full.get();
        EXPECT_TRUE(status == 200 || status == 503 || status == 409) << status;
        seen.insert(flag("f0"));
        EXPECT_EQ(flag("f0"), static_cast<int>(seen.size()) + 1) << step;
        EXPECT_EQ(reader().length("meta:features"), 50) << step;
    }
}

TEST_F(Instances, OneThatIsCutOffFromItsDatabaseHandsOver) {
    ASSERT_EQ(put(*first_, "beta", 1), 201);
    to_postgres_->refuse(true);
    EXPECT_EQ(put(*second_, "beta", 2), 200);
    EXPECT_EQ(flag("beta"), 2);
    for (int round = 0; round < 3; ++round) {
        reader().command({"HDEL", "meta:features", "beta"});
        EXPECT_TRUE(eventually(20s, [&] { return flag("beta") == 2; }))
            << "nobody compares Redis with the database";
    }
    EXPECT_EQ(put(*first_, "beta", 3), 503);
    to_postgres_->refuse(false);
    EXPECT_TRUE(eventually(20s, [&] { return put(*first_, "beta", 4) == 200; }));
    EXPECT_EQ(flag("beta"), 4);
}

TEST_F(Instances, AJobOfTheClusterRunsInOneAtATime) {
    ASSERT_TRUE(eventually(30s, [&] {
        return sql_->value("SELECT count(*) FROM ez_job_leases WHERE name LIKE '%reconcile'") ==
               "1";
    }));
    std::int64_t fence = 0;
    std::set<std::string> owners;
    EXPECT_TRUE(eventually(60s, [&] {
        const auto rows =
            sql_->query("SELECT owner, fence FROM ez_job_leases WHERE name LIKE '%reconcile'");
        const std::int64_t now = std::stoll(*rows.at(0).at(1));
        EXPECT_GE(now, fence) << "a fence went back";
        fence = now;
        owners.insert(*rows.at(0).at(0));
        return owners.size() == 2;
    })) << "only one of the two ever ran it";
}

}  // namespace
}  // namespace ezapi::tests
