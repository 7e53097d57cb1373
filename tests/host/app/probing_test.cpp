// Health probes: each way in which PostgreSQL or Redis answers but does not work is detected,
// named, and cleared when its cause ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace {

using namespace ezapi::tests;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

class ProbingTest : public testing::Test {
protected:
    void SetUp() override {
        for (const std::string& why : {PrivatePostgres::missing(), PrivateRedis::missing()}) {
            if (!why.empty()) GTEST_SKIP() << why;
        }
    }

    static json check(Instance& instance, const std::string& name) {
        return instance.client().get("/health").json().at("checks").at(name);
    }

    static bool ready(Instance& instance) {
        const auto begin = std::chrono::steady_clock::now();
        const int status = instance.client().get("/health/ready").status;
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s) << "health hangs";
        EXPECT_EQ(instance.client().get("/health/live").status, 200);
        return status == 200;
    }

    static bool shows(Instance& instance, const std::string& name, const std::string& words) {
        const json found = check(instance, name);
        return found.at("status") != "ok" &&
               found.value("error", "").find(words) != std::string::npos;
    }
};

TEST_F(ProbingTest, IsNotReadyWithADatabaseThatIsFrozenStoppedOrReadOnly) {
    PrivatePostgres postgres;
    if (!postgres.controllable()) GTEST_SKIP() << "the server cannot be stopped";
    const std::string dsn = postgres.fresh_database();
    Instance instance({.dsn = dsn});
    ASSERT_TRUE(ready(instance));

    postgres.freeze();
    EXPECT_TRUE(eventually(20s, [&] { return !ready(instance); }));
    EXPECT_EQ(instance.client().get("/health").status, 503);
    postgres.thaw();
    EXPECT_TRUE(eventually(30s, [&] { return ready(instance); }));

    postgres.stop();
    EXPECT_TRUE(eventually(20s, [&] { return !ready(instance); }));
    EXPECT_FALSE(check(instance, "database").value("error", "").empty());
    postgres.start();
    EXPECT_TRUE(eventually(30s, [&] { return ready(instance); }));

    SqlReader(dsn).query("ALTER SYSTEM SET default_transaction_read_only = on");
    SqlReader(dsn).query("SELECT pg_reload_conf()");
    EXPECT_TRUE(eventually(30s, [&] { return !ready(instance); }));
    EXPECT_TRUE(eventually(5s, [&] { return shows(instance, "database", "takes no changes"); }));
    EXPECT_THAT(instance.admin().get("/internal/metrics").body +
                    instance.internal().get("/internal/metrics").body,
                HasSubstr("ezapi_health_check_ok{check=\"database\"} 0"));
    SqlReader writer(dsn);
    writer.query("SET default_transaction_read_only = off");
    writer.query("ALTER SYSTEM RESET default_transaction_read_only");
    writer.query("SELECT pg_reload_conf()");
    EXPECT_TRUE(eventually(30s, [&] { return ready(instance); }));
}

TEST_F(ProbingTest, NamesWhatARedisIsOfNoUseFor) {
    PrivateRedis redis;
    Instance instance({.redis = redis.host() + ":" + std::to_string(redis.port())});
    ASSERT_TRUE(eventually(10s, [&] { return check(instance, "redis").at("status") == "ok"; }));
    RedisReader control(redis.port());
    const auto well = [&] { return check(instance, "redis").at("status") == "ok"; };

    control.command({"REPLICAOF", "127.0.0.1", "1"});
    EXPECT_TRUE(eventually(30s, [&] { return shows(instance, "redis", "READONLY"); }));
    control.command({"REPLICAOF", "NO", "ONE"});
    EXPECT_TRUE(eventually(30s, well));

    control.command({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_TRUE(eventually(30s, [&] { return shows(instance, "redis", "OOM"); }));
    control.command({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_TRUE(eventually(30s, well));

    control.command({"ACL", "SETUSER", "default", "-set"});
    EXPECT_TRUE(eventually(30s, [&] { return shows(instance, "redis", "NOPERM"); }));
    control.command({"ACL", "SETUSER", "default", "+set"});
    EXPECT_TRUE(eventually(30s, well));
    EXPECT_TRUE(ready(instance)) << "requests are served without Redis";
}

TEST_F(ProbingTest, NamesAWrongPasswordAndAWrongDatabaseAndACluster) {
    PrivateRedis secured({"--requirepass", "right"});
    const std::string place = secured.host() + ":" + std::to_string(secured.port());
    Instance wrong({.redis = place, .environment = {{"EZ_REDIS_PASSWORD", "W0ngCanary"}}});
    EXPECT_TRUE(eventually(20s, [&] { return shows(wrong, "redis", "WRONGPASS"); }));
    EXPECT_THAT(wrong.client().get("/health").body, testing::Not(HasSubstr("W0ngCanary")));

    PrivateRedis small({"--databases", "1"});
    Instance beyond({.redis = small.host() + ":" + std::to_string(small.port()),
                     .environment = {{"EZ_REDIS_DB", "7"}}});
    EXPECT_TRUE(eventually(20s, [&] { return shows(beyond, "redis", "SELECT was refused"); }));

    PrivateRedis cluster({"--cluster-enabled", "yes"});
    Instance clustered({.redis = cluster.host() + ":" + std::to_string(cluster.port())});
    EXPECT_TRUE(eventually(20s, [&] { return shows(clustered, "redis", "CLUSTER"); }))
        << check(clustered, "redis");
    RedisReader(cluster.port()).command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
    EXPECT_TRUE(eventually(20s, [&] { return shows(clustered, "redis", "CROSSSLOT"); }))
        << check(clustered, "redis");
}

}  // namespace
