#include "host/db/dsn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/error.hpp"

namespace ezapi::host::db {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string refusal(std::string_view dsn) {
    try {
        check_dsn("postgres.dsn", dsn);
    } catch (const Error& error) {
        EXPECT_EQ(error.status(), EZ_INVALID);
        return error.what();
    }
    return {};
}

TEST(Dsn, AcceptsKeysAndValuesSeparatedBySingleSpaces) {
    EXPECT_EQ(
        refusal("host=127.0.0.1 port=5432 user=ez password=a=b!c dbname=ez options=-cjit=off"), "");
}

TEST(Dsn, RefusesWhatPocoWouldMisread) {
    EXPECT_THAT(refusal(""), HasSubstr("postgres.dsn: is empty"));
    EXPECT_THAT(refusal("postgres://u:p@h/db"), HasSubstr("is a URI"));
    EXPECT_THAT(refusal("host=a  dbname=b"), HasSubstr("two spaces"));
    EXPECT_THAT(refusal("host=a dbname=b "), HasSubstr("two spaces"));
    EXPECT_THAT(refusal("host= dbname=b"), HasSubstr("key 'host' has no value"));
    EXPECT_THAT(refusal("host=a host=b"), HasSubstr("key 'host' appears twice"));
    EXPECT_THAT(
        refusal("user=b hots=a"),
        AllOf(HasSubstr("pair 2"), HasSubstr("did you mean host?"), Not(HasSubstr("hots"))));
}

TEST(Dsn, NamesTheKeyAndNeverThePassword) {
    EXPECT_THAT(refusal("host=a password='geheim'"),
                AllOf(HasSubstr("'password'"), Not(HasSubstr("geheim"))));
    EXPECT_THAT(refusal("host=a password=eins geheim"), Not(HasSubstr("geheim")));
    EXPECT_THAT(refusal("host=a password=ge\\heim"), Not(HasSubstr("heim")));
}

TEST(Dsn, AddsAConnectTimeoutInWholeSecondsUnlessOneIsGiven) {
    using std::chrono::milliseconds;
    EXPECT_EQ(with_connect_timeout("host=a", milliseconds(100)), "host=a connect_timeout=2");
    EXPECT_EQ(with_connect_timeout("host=a", milliseconds(4100)), "host=a connect_timeout=5");
    EXPECT_EQ(with_connect_timeout("host=a connect_timeout=9", milliseconds(100)),
              "host=a connect_timeout=9");
}

}  // namespace
}  // namespace ezapi::host::db
