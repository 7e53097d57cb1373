#include "host/db/statement_cache.hpp"

#include <gtest/gtest.h>

namespace ezapi::host::db {
namespace {

TEST(StatementCache, FindsWhatWasAddedByItsText) {
    StatementCache cache(2);
    EXPECT_EQ(cache.find("SELECT 1"), nullptr);
    cache.add("SELECT 1", cache.next_name());
    ASSERT_NE(cache.find("SELECT 1"), nullptr);
    EXPECT_EQ(cache.find("SELECT 1")->name, "ez1");
    EXPECT_EQ(cache.find("SELECT 2"), nullptr);
}

TEST(StatementCache, GivesUpTheLeastRecentlyUsedWhenFull) {
    StatementCache cache(2);
    cache.add("a", cache.next_name());
    EXPECT_FALSE(cache.evict());
    cache.add("b", cache.next_name());
    EXPECT_NE(cache.find("a"), nullptr);
    EXPECT_EQ(cache.evict(), "ez2");
    EXPECT_EQ(cache.find("b"), nullptr);
    EXPECT_NE(cache.find("a"), nullptr);
    EXPECT_EQ(cache.size(), 1U);
}

TEST(StatementCache, NeverUsesANameTwice) {
    StatementCache cache(1);
    cache.add("a", cache.next_name());
    cache.forget("a");
    EXPECT_EQ(cache.add("a", cache.next_name()).name, "ez2");
}

TEST(StatementCache, KnowsStatementsThatLeaveStateInTheSession) {
    for (const char* sql : {"SET search_path = x",
                            " set\n  session statement_timeout = 1",
                            "LISTEN x",
                            "reset all",
                            "SELECT pg_advisory_lock(1)",
                            "SELECT pg_try_advisory_lock($1)",
                            "CREATE TEMP TABLE t (a int)",
                            "SELECT set_config('a.b', $1, false)"}) {
        EXPECT_TRUE(leaves_session_state(sql)) << sql;
    }
    for (const char* sql : {"SET LOCAL statement_timeout = 1",
                            "SELECT 1",
                            "UPDATE t SET a = 1",
                            "SET CONSTRAINTS ALL DEFERRED",
                            "SELECT pg_advisory_xact_lock(1)",
                            "SELECT set_config('a.b', $1, true)"}) {
        EXPECT_FALSE(leaves_session_state(sql)) << sql;
    }
}

}  // namespace
}  // namespace ezapi::host::db
