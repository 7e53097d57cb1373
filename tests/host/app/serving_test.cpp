// The real process with a real PostgreSQL and Redis: start, health, shutdown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace {

using namespace ezapi::tests;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class ServingTest : public testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = PrivatePostgres::missing(); !why.empty()) GTEST_SKIP() << why;
        if (const std::string why = PrivateRedis::missing(); !why.empty()) GTEST_SKIP() << why;
    }
};

TEST_F(ServingTest, ServesWithoutAnyPlugin) {
    Instance instance({});
    const HttpAnswer health = instance.client().get("/health");
    EXPECT_EQ(health.status, 200);
    EXPECT_EQ(health.json()["checks"]["database"]["status"], "ok");
    EXPECT_EQ(instance.admin().get("/admin/plugins").status, 200);
    EXPECT_EQ(instance.client().get("/admin/plugins").status, 401);
    EXPECT_EQ(instance.stop(), 0);
    EXPECT_THAT(instance.log(), HasSubstr("stopped"));
}

TEST_F(ServingTest, KeepsTheAdminTokenThatItMakesForItsUserAlone) {
    Instance instance({.environment = {{"EZ_ADMIN_TOKEN", ""}}});
    const std::string file = instance.folder() + "/state/admin-token";

    struct stat info {};

    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    std::string token;
    std::ifstream(file) >> token;
    EXPECT_EQ(instance.client(token).get("/admin/plugins").status, 200);
    EXPECT_THAT(instance.log(), HasSubstr(file));
    EXPECT_THAT(instance.log(), Not(HasSubstr(token)));
}

TEST_F(ServingTest, SaysThatItsPortIsInUse) {
    Instance instance({});
    const RunResult run = run_ezapi({"serve"},
                                    {{"EZ_CONFIG_FILE", instance.folder() + "/config.yaml"},
                                     {"EZ_STATE_DIR", instance.folder() + "/state"},
                                     {"EZ_MIGRATIONS_DIR", MIGRATIONS},
                                     {"EZ_PG_DSN", instance.dsn()},
                                     {"EZ_API_ADDRESS", "127.0.0.1"},
                                     {"EZ_API_PORT", std::to_string(instance.port())}});
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_THAT(run.output, HasSubstr("Address already in use"));
}

TEST_F(ServingTest, SaysInTheServersWordsWhyADatabaseRefuses) {
    const std::string folder = make_folder("ezapi-refused");
    const std::string file = folder + "/config.yaml";
    std::ofstream(file) << "";
    const RunResult run = run_ezapi(
        {"serve"},
        {{"EZ_CONFIG_FILE", file},
         {"EZ_ADMIN_TOKEN", kAdminToken},
         {"EZ_PG_DSN", PrivatePostgres::shared().fresh_database() + "-that-is-not-there"}});
    EXPECT_NE(run.exit_code, 0);
    EXPECT_THAT(run.output, HasSubstr("does not exist"));
    std::filesystem::remove_all(folder);
}

TEST_F(ServingTest, IsUnhealthyWhileTheDatabaseIsAwayAndRecovers) {
    PrivatePostgres postgres;
    if (!postgres.controllable()) GTEST_SKIP() << "the server cannot be stopped";
    Instance instance({.dsn = postgres.fresh_database()});
    HttpClient client = instance.client();
    postgres.stop();
    EXPECT_TRUE(eventually(20s, [&] { return client.get("/health").status == 503; }));
    EXPECT_EQ(client.get("/health/live").status, 200);
    postgres.start();
    EXPECT_TRUE(eventually(30s, [&] { return client.get("/health").status == 200; }));
}

TEST_F(ServingTest, GoesOnWithoutRedis) {
    Instance instance({.redis = "127.0.0.1:" + std::to_string(reserve_port())});
    const auto health = instance.client().get("/health");
    EXPECT_EQ(health.status, 200);
    EXPECT_EQ(health.json()["status"], "degraded");
    EXPECT_EQ(health.json()["checks"]["redis"]["status"], "unavailable");
}

TEST_F(ServingTest, IgnoresAHangUpAndEndsAtOnceAtASecondSignal) {
    Instance instance({});
    instance.signal(SIGHUP);
    EXPECT_EQ(instance.client().get("/health/live").status, 200);
    EXPECT_EQ(instance.stop(), 0);
}

}  // namespace
