#include "host/db/errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "host/telemetry/log.hpp"

namespace ezapi::host::db {
namespace {

using testing::HasSubstr;
using testing::Not;

Error mapped(const std::string& sqlstate) {
    return error_of("main: query", {sqlstate, "secret", "", ""});
}

TEST(Errors, TellsCallersFaultsFromConflictsAndFromOutages) {
    EXPECT_EQ(mapped("23505").status(), EZ_CONFLICT);
    EXPECT_EQ(mapped("23503").status(), EZ_CONFLICT);
    EXPECT_EQ(mapped("23514").status(), EZ_INVALID);
    EXPECT_EQ(mapped("23502").status(), EZ_INVALID);
    EXPECT_EQ(mapped("22P02").status(), EZ_INVALID);
    EXPECT_EQ(mapped("57014").status(), EZ_TIMEOUT);
    for (const char* away : {"08006", "57P01", "57P03", "53300"}) {
        EXPECT_EQ(mapped(away).status(), EZ_UNAVAILABLE) << away;
    }
    EXPECT_EQ(mapped("42P01").status(), EZ_INTERNAL);
}

TEST(Errors, SaysOfRaceLosersThatTheyMayTryAgain) {
    for (const char* lost : {"40001", "40P01", "55P03"}) {
        const Error error = mapped(lost);
        EXPECT_EQ(error.status(), EZ_CONFLICT) << lost;
        EXPECT_EQ(error.code(), "retry") << lost;
        EXPECT_EQ(error.http_status(), 503) << lost;
        EXPECT_EQ(error.sqlstate(), lost);
    }
}

TEST(Errors, CarriesTheConstraintBesideASentenceOfOurs) {
    const Error error =
        error_of("main: query", {"23505", "duplicate secret", "masters_name_key", ""});
    EXPECT_EQ(error.code(), "unique");
    EXPECT_EQ(error.field(), "masters_name_key");
    EXPECT_STREQ(error.what(), "this value exists already");
}

TEST(Errors, TellsClientsNothingOfPoolsAndOperations) {
    for (const char* refused : {"23503", "22P02", "40001", "57014", "25006", "08006", "53300"})
        EXPECT_THAT(mapped(refused).what(), Not(HasSubstr("main"))) << refused;
    EXPECT_STREQ(outcome_unknown("the connection to the database was lost").what(),
                 "the connection to the database was lost; what was asked for may have been done");
}

TEST(Errors, KeepsTheServersMessageForTheLogOfDefects) {
    EXPECT_THAT(error_of("main: query", {"42P01", "relation x does not exist", "", ""}).what(),
                HasSubstr("main: query: 42P01 relation x does not exist"));
}

TEST(Errors, LogsNoValueOfADataException) {
    std::string lines;
    const int32_t level = telemetry::level();
    telemetry::set_level(EZ_LOG_DEBUG);
    telemetry::set_sink([&](std::string_view line) { lines += line; });
    log_report("main: query", {"22P02", "invalid input syntax for type uuid: \"geheim\"", "", ""});
    telemetry::set_sink({});
    telemetry::set_level(level);
    EXPECT_THAT(lines, AllOf(HasSubstr("22P02 invalid input syntax"), Not(HasSubstr("geheim"))));
}

}  // namespace
}  // namespace ezapi::host::db
