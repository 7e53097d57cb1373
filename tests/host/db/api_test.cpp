// The ABI's table as a plugin in C sees it.
#include "ezapi/prefix.hpp"
#include "host/api/tables.hpp"
#include "host/modules/context.hpp"
#include "tests/host/db/database_test.hpp"

namespace ezapi::host::db {
namespace {

class ApiTest : public DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        components_.pools = pools_.get();
        context_.plugin = "masters";
        context_.host = &components_;
    }

    const ez_db_api& db_ = api::kDb;
    Components components_;
    ez_context context_;
    ez_error error_{};
};

TEST_F(ApiTest, RowsOutliveTheirTransaction) {
    ez_tx* tx = nullptr;
    ASSERT_EQ(db_.begin(&context_, str(""), nullptr, &tx, &error_), EZ_OK) << error_.message;
    ez_rows* rows = nullptr;
    const ez_value value = param("7");
    ASSERT_EQ(db_.tx_query(tx, str("SELECT $1::int AS n, NULL"), &value, 1, &rows, &error_), EZ_OK);
    ASSERT_EQ(db_.commit(tx, &error_), EZ_OK);
    ez_rows_info info = ezapi::sized<ez_rows_info>();
    db_.rows_info(rows, &info);
    EXPECT_EQ(info.rows, 1U);
    EXPECT_EQ(info.columns, 2U);
    EXPECT_EQ(view(db_.column_name(rows, 0)), "n");
    EXPECT_EQ(view(db_.cell(rows, 0, 0).text), "7");
    EXPECT_EQ(db_.cell(rows, 0, 1).is_null, 1);
    db_.rows_free(rows);
}

TEST_F(ApiTest, ReportsErrorsInTheCallersMemory) {
    ez_rows* rows = nullptr;
    EXPECT_EQ(db_.query(&context_, str("main"), str("SELECT 1/0"), nullptr, 0, &rows, &error_),
              EZ_INVALID);
    EXPECT_STREQ(error_.sqlstate, "22012");
    EXPECT_EQ(error_.http_status, 400);
    EXPECT_EQ(rows, nullptr);
}

TEST_F(ApiTest, CallsAfterWithTheOutcomeAndFreesTheTransaction) {
    int outcome = 7;
    const ez_after_fn note = [](void* user, int32_t committed) noexcept {
        *static_cast<int*>(user) = committed;
    };
    ez_tx* tx = nullptr;
    ASSERT_EQ(db_.begin(&context_, str("logs"), nullptr, &tx, &error_), EZ_OK);
    ASSERT_EQ(db_.after(tx, note, &outcome, &error_), EZ_OK);
    db_.rollback(tx);
    EXPECT_EQ(outcome, 0);
    EXPECT_EQ(pools_->status("logs").busy, 0U);
}

TEST_F(ApiTest, CopiesIn) {
    query("CREATE TABLE t (a int)");
    ez_tx* tx = nullptr;
    ASSERT_EQ(db_.begin(&context_, str("logs"), nullptr, &tx, &error_), EZ_OK);
    ASSERT_EQ(db_.copy_begin(tx, str("COPY t FROM STDIN"), &error_), EZ_OK);
    ASSERT_EQ(db_.copy_write(tx, str("1\n2\n"), &error_), EZ_OK);
    int64_t count = 0;
    ASSERT_EQ(db_.copy_end(tx, str(""), &count, &error_), EZ_OK);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(db_.commit(tx, &error_), EZ_OK);
}

TEST_F(ApiTest, FreeingNothingIsAllowed) {
    db_.rows_free(nullptr);
    db_.rollback(nullptr);
}

}  // namespace
}  // namespace ezapi::host::db
