#include "tests/host/db/database_test.hpp"

namespace ezapi::host::db {
namespace {

class CopyTest : public DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (!IsSkipped()) query("CREATE TABLE t (a int, b text)");
    }
};

TEST_F(CopyTest, TakesItsDataInAnyCuts) {
    std::string data;
    for (int i = 0; i < 50000; ++i)
        data += std::to_string(i) + "\tline " + std::to_string(i) + "\n";
    auto tx = pools_->begin("main");
    tx->copy_begin("COPY t FROM STDIN");
    for (size_t start = 0, cut = 1; start < data.size(); start += cut, cut = cut * 2 + 1) {
        tx->copy_write(std::string_view(data).substr(start, cut));
    }
    EXPECT_EQ(tx->copy_end(), 50000);
    tx->commit();
    EXPECT_EQ(number("SELECT count(*) FROM t WHERE b = 'line ' || a"), 50000);
}

TEST_F(CopyTest, ReportsTheRowThatDoesNotFitAndAbortsTheTransaction) {
    auto tx = pools_->begin("main");
    tx->copy_begin("COPY t FROM STDIN");
    tx->copy_write("1\tgood\nno number\tbad\n");
    EXPECT_EQ(error_of_call([&] { tx->copy_end(); }).sqlstate(), "22P02");
    EXPECT_EQ(error_of_call([&] { tx->commit(); }).status(), EZ_INVALID);
    EXPECT_EQ(number("SELECT count(*) FROM t"), 0);
}

TEST_F(CopyTest, CanBeCancelledByTheCaller) {
    auto tx = pools_->begin("main");
    tx->copy_begin("COPY t FROM STDIN");
    tx->copy_write("1\tgood\n");
    EXPECT_EQ(tx->copy_end("the rest did not come"), 0);
    EXPECT_THROW(tx->commit(), Error);
    EXPECT_EQ(number("SELECT count(*) FROM t"), 0);
}

TEST_F(CopyTest, AllowsNothingElseMeanwhileAndRollsBackCleanly) {
    open([](PoolsOptions& options) { options.main.size = 1; });
    const int64_t backend = number("SELECT pg_backend_pid()");
    auto tx = pools_->begin("main");
    tx->copy_begin("COPY t FROM STDIN");
    EXPECT_EQ(error_of_call([&] { tx->query("SELECT 1"); }).status(), EZ_INTERNAL);
    tx->rollback();
    EXPECT_EQ(number("SELECT pg_backend_pid()"), backend) << "the connection need not be dropped";
}

TEST_F(CopyTest, RefusesOtherStatements) {
    auto tx = pools_->begin("main");
    EXPECT_EQ(error_of_call([&] { tx->copy_begin("SELECT 1"); }).status(), EZ_INTERNAL);
    EXPECT_EQ(error_of_call([&] { tx->copy_write("x"); }).status(), EZ_INTERNAL);
    EXPECT_EQ(error_of_call([&] { query("COPY t TO STDOUT"); }).status(), EZ_INTERNAL);
    EXPECT_EQ(number("SELECT 1"), 1);
}

}  // namespace
}  // namespace ezapi::host::db
