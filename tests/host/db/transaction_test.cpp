#include "host/db/transaction.hpp"

#include <array>
#include <thread>

#include "tests/host/db/database_test.hpp"

namespace ezapi::host::db {
namespace {

using testing::ElementsAre;

class TransactionTest : public DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (!IsSkipped()) query("CREATE TABLE t (a int PRIMARY KEY)");
    }

    int64_t rows_in_table() { return number("SELECT count(*) FROM t"); }
};

TEST_F(TransactionTest, CommitMakesItsRowsVisible) {
    auto tx = pools_->begin("main");
    tx->query("INSERT INTO t VALUES (1)");
    EXPECT_EQ(rows_in_table(), 0);
    tx->commit();
    EXPECT_EQ(rows_in_table(), 1);
    EXPECT_THROW(tx->query("SELECT 1"), Error);
}

TEST_F(TransactionTest, IsRolledBackWhenNobodyCommits) {
    pools_->begin("main")->query("INSERT INTO t VALUES (1)");
    EXPECT_EQ(rows_in_table(), 0);
    EXPECT_EQ(pools_->status("main").busy, 0U);
}

TEST_F(TransactionTest, CommitOfAnAbortedTransactionFailsWithItsFirstError) {
    auto tx = pools_->begin("main");
    tx->query("INSERT INTO t VALUES (1)");
    EXPECT_THROW(tx->query("INSERT INTO t VALUES (1)"), Error);
    EXPECT_EQ(error_of_call([&] { tx->query("SELECT 1"); }).code(), "aborted");
    const Error error = error_of_call([&] { tx->commit(); });
    EXPECT_EQ(error.status(), EZ_CONFLICT);
    EXPECT_EQ(error.code(), "unique");
    EXPECT_EQ(rows_in_table(), 0);
}

TEST_F(TransactionTest, GoesOnAfterRollbackToASavepoint) {
    auto tx = pools_->begin("main");
    tx->query("INSERT INTO t VALUES (1)");
    tx->query("SAVEPOINT s");
    EXPECT_THROW(tx->query("INSERT INTO t VALUES (1)"), Error);
    tx->query("ROLLBACK TO s");
    tx->query("INSERT INTO t VALUES (2)");
    tx->commit();
    EXPECT_EQ(rows_in_table(), 2);
}

TEST_F(TransactionTest, ReportsAConstraintThatIsCheckedAtCommit) {
    query("CREATE TABLE child (a int REFERENCES t DEFERRABLE INITIALLY DEFERRED)");
    auto tx = pools_->begin("main");
    tx->query("INSERT INTO child VALUES (5)");
    int outcome = 7;
    tx->after([&](int committed) { outcome = committed; });
    EXPECT_EQ(error_of_call([&] { tx->commit(); }).code(), "foreign_key");
    EXPECT_EQ(outcome, 0);
}

TEST_F(TransactionTest, RefusesToBeEndedByRawSql) {
    auto tx = pools_->begin("main");
    EXPECT_EQ(error_of_call([&] { tx->query("COMMIT"); }).status(), EZ_INTERNAL);
    EXPECT_THROW(tx->commit(), Error);
}

TEST_F(TransactionTest, CallsAfterCallbacksInOrderWithTheConnectionReturned) {
    open([](PoolsOptions& options) { options.main.size = 1; });
    std::vector<std::string> calls;
    auto tx = pools_->begin("main");
    tx->after([&](int committed) {
        // Would wait forever on a pool of one if the connection were still in use.
        calls.push_back("first " + std::to_string(committed) + " " +
                        std::to_string(rows_in_table()));
    });
    tx->after([&](int) { throw Error(EZ_INTERNAL, "must not hinder the others"); });
    tx->after([&](int committed) { calls.push_back("third " + std::to_string(committed)); });
    tx->query("INSERT INTO t VALUES (1)");
    tx->commit();
    EXPECT_THAT(calls, ElementsAre("first 1 1", "third 1"));
    calls.clear();
    tx = pools_->begin("main");
    tx->after([&](int committed) { calls.push_back("rolled back " + std::to_string(committed)); });
    tx.reset();
    EXPECT_THAT(calls, ElementsAre("rolled back 0"));
}

TEST_F(TransactionTest, TakesIsolationReadOnlyAndTimeoutsForItselfAlone) {
    open([](PoolsOptions& options) { options.main.size = 1; });
    const ez_tx_options options{sizeof options, EZ_SERIALIZABLE, 1, 1234, 567};
    auto tx = pools_->begin("main", &options);
    EXPECT_EQ(tx->query("SHOW transaction_isolation").text(0, 0), "serializable");
    EXPECT_EQ(tx->query("SHOW statement_timeout").text(0, 0), "1234ms");
    EXPECT_EQ(tx->query("SHOW lock_timeout").text(0, 0), "567ms");
    EXPECT_THROW(tx->query("INSERT INTO t VALUES (1)"), Error);
    tx.reset();
    EXPECT_EQ(query("SHOW statement_timeout").text(0, 0), "3s");
    EXPECT_EQ(query("SHOW transaction_read_only").text(0, 0), "off");
}

TEST_F(TransactionTest, LosersOfARaceAreToldToTryAgain) {
    query("INSERT INTO t VALUES (1)");
    const ez_tx_options options{sizeof options, EZ_REPEATABLE_READ, 0, 0, 100};
    auto first = pools_->begin("main", &options);
    auto second = pools_->begin("main", &options);
    first->query("UPDATE t SET a = 2");
    const Error locked = error_of_call([&] { second->query("UPDATE t SET a = 3"); });
    EXPECT_EQ(locked.sqlstate(), "55P03");
    EXPECT_EQ(locked.code(), "retry");
    EXPECT_EQ(locked.http_status(), 503);
}

TEST_F(TransactionTest, KnowsOnWhoseBehalfItRuns) {
    Origin origin;
    origin.request_id = "req-1";
    origin.path = "/admin/masters";
    {
        const CallScope scope(origin);
        EXPECT_EQ(pools_->begin("main")->origin().path, "/admin/masters");
    }
    const auto tx = pools_->begin("main", nullptr, "sync");
    EXPECT_STREQ(tx->origin().identity.name, "sync");
    EXPECT_EQ(tx->origin().identity.kind, EZ_PUBLIC);
    EXPECT_EQ(tx->origin().request_id, "");
}

TEST_F(TransactionTest, HandsItsRevisionToTheCallOnlyWhenItCommits) {
    const CallScope scope(Origin{});
    auto tx = pools_->begin("main");
    tx->set_revision(41);
    tx.reset();
    EXPECT_EQ(CallScope::current()->revision, 0);
    tx = pools_->begin("main");
    tx->set_revision(42);
    tx->commit();
    EXPECT_EQ(CallScope::current()->revision, 42);
}

}  // namespace
}  // namespace ezapi::host::db
