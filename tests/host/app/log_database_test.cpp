// The log database: migrations/<module>/logs is applied there, or in the main database if there is
// no other, and the start does not wait for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace {

using namespace ezapi::tests;
using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::Not;

class LogDatabaseTest : public testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = PrivatePostgres::missing(); !why.empty()) GTEST_SKIP() << why;
        if (const std::string why = PrivateRedis::missing(); !why.empty()) GTEST_SKIP() << why;
    }

    static bool has_table(const std::string& dsn, const std::string& table) {
        return SqlReader(dsn).value("SELECT to_regclass('" + table + "') IS NOT NULL") == "t";
    }

    static std::string migrated(const std::string& dsn) {
        return SqlReader(dsn).value(
            "SELECT string_agg(module || version, ' ' ORDER BY module) FROM ez_migrations"
            " WHERE module LIKE 'logs%' AND version = 1");
    }

    static InstanceOptions with_log_database(const std::string& dsn) {
        return {.plugins = {"logs"}, .environment = {{"EZ_LOG_PG_DSN", dsn}}};
    }
};

TEST_F(LogDatabaseTest, TakesTheMigrationsOfItsPlace) {
    const std::string logs = PrivatePostgres::shared().fresh_database();
    const Instance instance(with_log_database(logs));

    EXPECT_EQ(migrated(logs), "logs/logs1");
    EXPECT_EQ(migrated(instance.dsn()), "logs1");
    EXPECT_TRUE(has_table(logs, "request_logs"));
    EXPECT_FALSE(has_table(instance.dsn(), "request_logs"));
    EXPECT_FALSE(has_table(logs, "operation_logs"));
}

TEST_F(LogDatabaseTest, IsTheMainOneUnlessThereIsAnother) {
    const Instance instance({.plugins = {"logs"}});

    EXPECT_EQ(migrated(instance.dsn()), "logs1 logs/logs1");
    EXPECT_TRUE(has_table(instance.dsn(), "request_logs"));
}

TEST_F(LogDatabaseTest, IsShownByMigrateStatusAndRefusedWhenItWasEdited) {
    const std::string logs = PrivatePostgres::shared().fresh_database();
    const Instance instance(with_log_database(logs));
    const std::map<std::string, std::string> environment = {
        {"EZ_CONFIG_FILE", instance.folder() + "/config.yaml"},
        {"EZ_MIGRATIONS_DIR", MIGRATIONS},
        {"EZ_PG_DSN", instance.dsn()},
        {"EZ_LOG_PG_DSN", logs},
        {"EZ_ADMIN_TOKEN", kAdminToken}};
    const RunResult status = run_ezapi({"migrate", "--status"}, environment);
    EXPECT_EQ(status.exit_code, 0) << status.output;
    EXPECT_THAT(status.output, ContainsRegex("logs/logs +0001 +request_logs +applied"));

    SqlReader(logs).query("UPDATE ez_migrations SET checksum = 'other'");
    const RunResult edited = run_ezapi({"migrate"}, environment);
    EXPECT_EQ(edited.exit_code, 1);
    EXPECT_THAT(edited.output, ContainsRegex("logs/logs/0001_request_logs.sql was edited"));
}

TEST_F(LogDatabaseTest, HoldsUpNobodyWhileItIsAwayAndIsMigratedOnceItAnswers) {
    if (!PrivatePostgres::shared().controllable()) GTEST_SKIP() << "the database is not ours";
    PrivatePostgres server;
    const std::string logs = server.fresh_database();
    server.stop();
    const Instance instance(with_log_database(logs));
    EXPECT_EQ(instance.client().get("/health").json()["checks"]["log_database"]["status"],
              "unavailable");
    server.start();
    EXPECT_TRUE(eventually(30s, [&] { return has_table(logs, "request_log_hours"); }));
}

}  // namespace
