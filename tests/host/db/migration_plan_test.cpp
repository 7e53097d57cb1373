#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/error.hpp"
#include "host/db/migrations.hpp"

namespace ezapi::host::db {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kModules{"core", "masters"};

Migration file(const std::string& module,
               int version,
               const std::string& name,
               const std::string& checksum = "x") {
    return {module, version, name, checksum, "SELECT 1"};
}

AppliedMigration row(const std::string& module,
                     int version,
                     const std::string& name,
                     const std::string& checksum = "x") {
    return {module, version, name, checksum, "2024-01-01T00:00:00.000Z"};
}

std::string refusal(const std::vector<Migration>& files,
                    const std::vector<AppliedMigration>& applied) {
    try {
        static_cast<void>(plan_migrations(kModules, files, applied));
    } catch (const Error& error) {
        EXPECT_EQ(error.status(), EZ_CONFLICT);
        return error.what();
    }
    return {};
}

TEST(MigrationPlan, AppliesPendingFilesModuleByModuleInOrderOfNumber) {
    const std::vector<Migration> files{file("masters", 2, "b"),
                                       file("masters", 1, "a"),
                                       file("core", 1, "c"),
                                       file("other", 1, "not_asked_for")};
    const auto plan = plan_migrations(kModules, files, std::vector<AppliedMigration>{});
    ASSERT_EQ(plan.size(), 3U);
    EXPECT_EQ(plan[0]->name, "c");
    EXPECT_EQ(plan[1]->name, "a");
    EXPECT_EQ(plan[2]->name, "b");
}

TEST(MigrationPlan, HasNothingToDoWhenAllIsApplied) {
    EXPECT_TRUE(plan_migrations(
                    kModules, std::vector{file("core", 1, "c")}, std::vector{row("core", 1, "c")})
                    .empty());
}

TEST(MigrationPlan, RefusesAnEditedFile) {
    EXPECT_THAT(refusal({file("core", 1, "c", "new")}, {row("core", 1, "c", "old")}),
                HasSubstr("core/0001_c.sql was edited"));
}

TEST(MigrationPlan, RefusesADatabaseNewerThanTheFiles) {
    EXPECT_THAT(refusal({file("core", 1, "c")}, {row("core", 1, "c"), row("core", 2, "d")}),
                HasSubstr("core/0002_d.sql is applied but there is no such file"));
}

TEST(MigrationPlan, IgnoresWhatIsAppliedOfModulesThatAreNotEnabled) {
    EXPECT_EQ(refusal({file("core", 1, "c")}, {row("core", 1, "c"), row("sync", 1, "s")}), "");
}

TEST(MigrationPlan, RefusesGapsAndDuplicates) {
    EXPECT_THAT(refusal({file("core", 1, "a"), file("core", 3, "c")}, {}),
                HasSubstr("core/0003_c.sql leaves a gap, expected number 2"));
    EXPECT_THAT(refusal({file("core", 1, "a"), file("core", 1, "b")}, {}),
                HasSubstr("have the same number"));
}

TEST(MigrationPlan, RefusesAPendingFileBeforeAnAppliedOne) {
    EXPECT_THAT(refusal({file("core", 1, "a"), file("core", 2, "b")}, {row("core", 2, "b")}),
                HasSubstr("core/0001_a.sql is not applied but number 2 is"));
}

TEST(MigrationPlan, TellsEveryReasonAtOnce) {
    const std::string why =
        refusal({file("core", 2, "b"), file("masters", 1, "m", "new")}, {row("masters", 1, "m")});
    EXPECT_THAT(why, HasSubstr("leaves a gap"));
    EXPECT_THAT(why, HasSubstr("was edited"));
}

TEST(MigrationPlan, ReportsTheStateOfEachFile) {
    const auto entries = compare_migrations(
        kModules,
        std::vector{file("core", 1, "a"), file("core", 2, "b", "new"), file("masters", 1, "m")},
        std::vector{row("core", 1, "a"), row("core", 2, "b"), row("core", 3, "gone")});
    ASSERT_EQ(entries.size(), 4U);
    EXPECT_EQ(entries[0].state, MigrationState::applied);
    EXPECT_EQ(entries[1].state, MigrationState::edited);
    EXPECT_EQ(entries[2].state, MigrationState::missing);
    EXPECT_EQ(entries[2].name, "gone");
    EXPECT_EQ(entries[3].state, MigrationState::pending);
}

}  // namespace
}  // namespace ezapi::host::db
