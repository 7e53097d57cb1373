#include "host/db/begin.hpp"

#include <gtest/gtest.h>

#include "ezapi/error.hpp"

namespace ezapi::host::db {
namespace {

TEST(Begin, DefaultsToAWritingReadCommittedTransaction) {
    EXPECT_EQ(begin_statement(nullptr).sql, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
}

TEST(Begin, CombinesBeginAndItsSettingsInOneText) {
    const ez_tx_options options{sizeof options, EZ_SERIALIZABLE, 1, 700, 90};
    const BeginStatement begin = begin_statement(&options);
    EXPECT_EQ(begin.sql,
              "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY;SET LOCAL statement_timeout=700;"
              "SET LOCAL lock_timeout=90");
    EXPECT_EQ(begin.statement_timeout, std::chrono::milliseconds(700));
}

TEST(Begin, ReadsOptionsOfALaterDayAsFarAsItKnowsThem) {
    struct Longer {
        ez_tx_options known{sizeof(Longer), EZ_REPEATABLE_READ, 1, 700, 90};
        std::int64_t more = -1;
    };

    const Longer options;
    EXPECT_EQ(begin_statement(&options.known).sql,
              "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;SET LOCAL statement_timeout=700;"
              "SET LOCAL lock_timeout=90");
}

TEST(Begin, RefusesOptionsThatAreShorterThanTheyEverWere) {
    const ez_tx_options options{offsetof(ez_tx_options, read_only), EZ_REPEATABLE_READ, 1, 700, 90};
    EXPECT_THROW(begin_statement(&options), Error);
}

TEST(Begin, RefusesUnknownIsolation) {
    const ez_tx_options options{sizeof options, 3, 0, 0, 0};
    EXPECT_THROW(begin_statement(&options), Error);
}

}  // namespace
}  // namespace ezapi::host::db
