#include "host/db/migrations.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <future>

#include "tests/host/db/database_test.hpp"
#include "tests/support/child_process.hpp"

namespace ezapi::host::db {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kModules{"core", "masters"};

class MigrationsTest : public DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        folder_ = tests::make_folder("ezapi-migrations-");
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& file, const std::string& sql) {
        const std::filesystem::path path = std::filesystem::path(folder_) / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << sql;
    }

    Migrations migrations(std::chrono::milliseconds lock_limit = 5s) {
        return Migrations({folder_, dsn_, lock_limit});
    }

    std::string folder_;
};

TEST_F(MigrationsTest, AppliesEachFileOnceAndRecordsIt) {
    write("core/0001_a.sql",
          "CREATE TABLE a (x int); INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);");
    write("masters/0001_m.sql", "CREATE TABLE m (x int)");
    EXPECT_EQ(migrations().status(kModules).front().state, MigrationState::pending);
    EXPECT_EQ(migrations().apply(kModules).size(), 2U);
    EXPECT_EQ(migrations().apply(kModules).size(), 0U);
    EXPECT_EQ(number("SELECT count(*) FROM a"), 2);
    EXPECT_EQ(number("SELECT count(*) FROM ez_migrations WHERE length(checksum) = 64"), 2);
    const auto status = migrations().status(kModules);
    EXPECT_EQ(status.front().state, MigrationState::applied);
    EXPECT_THAT(status.front().applied_at, HasSubstr("T"));
}

TEST_F(MigrationsTest, StatusWritesNothing) {
    write("core/0001_a.sql", "SELECT 1");
    EXPECT_EQ(migrations().status(kModules).size(), 1U);
    EXPECT_TRUE(query("SELECT to_regclass('ez_migrations')").is_null(0, 0));
}

TEST_F(MigrationsTest, AFailingFileLeavesNothingOfItself) {
    write("core/0001_a.sql", "CREATE TABLE a (x int)");
    write("core/0002_b.sql", "CREATE TABLE b (x int); SELECT no_such_column;");
    const Error error = error_of_call([&] { migrations().apply(kModules); });
    EXPECT_THAT(error.what(), HasSubstr("core/2 b"));
    EXPECT_EQ(error.sqlstate(), "42703");
    EXPECT_FALSE(query("SELECT to_regclass('a')").is_null(0, 0));
    EXPECT_TRUE(query("SELECT to_regclass('b')").is_null(0, 0));
    write("core/0002_b.sql", "CREATE TABLE b (x int)");
    EXPECT_EQ(migrations().apply(kModules).size(), 1U);
}

TEST_F(MigrationsTest, RefusesEditedFilesAndNewerDatabases) {
    write("core/0001_a.sql", "CREATE TABLE a (x int)");
    migrations().apply(kModules);
    write("core/0001_a.sql", "CREATE TABLE a (x bigint)");
    EXPECT_THAT(error_of_call([&] { migrations().apply(kModules); }).what(),
                HasSubstr("was edited"));
    EXPECT_EQ(migrations().status(kModules).front().state, MigrationState::edited);
    std::filesystem::remove(std::filesystem::path(folder_) / "core/0001_a.sql");
    EXPECT_THAT(error_of_call([&] { migrations().apply(kModules); }).what(), HasSubstr("newer"));
}

TEST_F(MigrationsTest, RefusesFilesThatEndTheirTransactionAndOddNames) {
    write("core/0001_a.sql", "CREATE TABLE a (x int); COMMIT;");
    EXPECT_THAT(error_of_call([&] { migrations().apply(kModules); }).what(),
                HasSubstr("no COMMIT"));
    write("core/1_b.sql", "SELECT 1");
    EXPECT_THAT(error_of_call([&] { migrations().apply(kModules); }).what(),
                HasSubstr("core/1_b.sql"));
}

TEST_F(MigrationsTest, WaitsForAnotherProcessNoLongerThanItsLimit) {
    write("core/0001_a.sql", "SELECT 1");
    auto other = pools_->begin("main");
    other->query("SELECT pg_advisory_xact_lock(7310872413)");
    const Error error = error_of_call([&] { migrations(300ms).apply(kModules); });
    EXPECT_EQ(error.status(), EZ_UNAVAILABLE);
    EXPECT_THAT(error.what(), HasSubstr("for the limit of 300 ms"));
    other.reset();
    EXPECT_EQ(migrations().apply(kModules).size(), 1U);
}

TEST_F(MigrationsTest, TellsOperatorsWhyItCannotConnect) {
    write("core/0001_a.sql", "SELECT 1");
    const Error error = error_of_call([&] {
        static_cast<void>(Migrations({folder_, dsn_ + "_missing"}).status(kModules));
    });
    EXPECT_EQ(error.status(), EZ_UNAVAILABLE);
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("does not exist"), HasSubstr("migrations: cannot connect")));
}

TEST_F(MigrationsTest, AModuleMayBringItsOwnFolder) {
    write("core/0001_a.sql", "CREATE TABLE a (x int)");
    write("brought/0001_w.sql", "CREATE TABLE w (x int)");
    write("brought/0002_v.sql", "CREATE TABLE v (x int)");
    const std::vector<std::string> modules{"core", "weather"};
    MigrationsOptions options{folder_, dsn_};
    options.own_folders = {{"weather", std::filesystem::path(folder_) / "brought"}};
    EXPECT_EQ(Migrations(options).apply(modules).size(), 3U);
    EXPECT_EQ(number("SELECT count(*) FROM ez_migrations WHERE module = 'weather'"), 2);

    write("weather/0001_w.sql", "CREATE TABLE w (x int)");
    const Error error =
        error_of_call([&] { static_cast<void>(Migrations(options).status(modules)); });
    EXPECT_EQ(error.status(), EZ_INVALID);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("migrations of weather"), HasSubstr("one of them")));
}

TEST_F(MigrationsTest, OfManyProcessesAtOnceOneApplies) {
    write("core/0001_a.sql", "CREATE TABLE a (x int); SELECT pg_sleep(0.2);");
    std::vector<std::future<size_t>> runs;
    for (int i = 0; i < 4; ++i) {
        runs.push_back(
            std::async(std::launch::async, [&] { return migrations().apply(kModules).size(); }));
    }
    size_t applied = 0;
    for (auto& run : runs) applied += run.get();
    EXPECT_EQ(applied, 1U);
}

TEST_F(MigrationsTest, TheLeaseOfAJobChangesHandsOnlyWhenItExpired) {
    const std::filesystem::path own =
        std::filesystem::path(__FILE__).parent_path() / "../../../migrations";
    Migrations({own, dsn_}).apply(std::vector<std::string>{"core"});
    const auto acquire = [&](std::string_view owner) {
        const std::array values{param(owner)};
        const Rows rows = query(
            "INSERT INTO ez_job_leases AS l (name, owner, expires_at) VALUES ('j', $1, now() + "
            "interval '1 hour')"
            " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = "
            "excluded.expires_at,"
            " fence = l.fence + (l.owner <> excluded.owner)::int"
            " WHERE l.expires_at < now() OR l.owner = excluded.owner RETURNING fence",
            values);
        return rows.empty() ? -1 : rows.integer(0, 0);
    };
    EXPECT_EQ(acquire("a"), 1);
    EXPECT_EQ(acquire("b"), -1);
    EXPECT_EQ(acquire("a"), 1);
    query("UPDATE ez_job_leases SET expires_at = now() - interval '1 second'");
    EXPECT_EQ(acquire("b"), 2);
}

}  // namespace
}  // namespace ezapi::host::db
