#include "ezapi/db.hpp"

#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"

namespace ezapi {
namespace {

std::string text_of(const Param& param) {
    return param.value().is_null != 0 ? "NULL" : std::string(view(param.value().text));
}

TEST(Param, IsPostgresText) {
    EXPECT_EQ(text_of(std::nullopt), "NULL");
    EXPECT_EQ(text_of(""), "");
    EXPECT_EQ(text_of("a"), "a");
    EXPECT_EQ(text_of(std::string("b")), "b");
    EXPECT_EQ(text_of(true), "true");
    EXPECT_EQ(text_of(INT64_MIN), "-9223372036854775808");
    EXPECT_EQ(text_of(1.5), "1.5");
    EXPECT_EQ(text_of(std::optional<std::int64_t>()), "NULL");
    EXPECT_EQ(text_of(std::optional<std::int64_t>(7)), "7");
    EXPECT_EQ(text_of(Param::owning("kept")), "kept");
}

TEST(Param, KeepsTheMicrosecondsOfATime) {
    using namespace std::chrono_literals;
    EXPECT_EQ(text_of(Timestamp{1767323045678901us}), "2026-01-02T03:04:05.678901Z");
    EXPECT_EQ(text_of(Timestamp{-1us}), "1969-12-31T23:59:59.999999Z");
}

TEST(Param, CanBeCopiedAndMoved) {
    std::vector<Param> params;
    for (int i = 0; i < 100; ++i) params.emplace_back(i);
    const std::vector<Param> copy = params;
    EXPECT_EQ(text_of(copy[99]), "99");
}

TEST(Rows, ReadCellsStrictly) {
    FakeHost host;
    host.db.answer = [](const fake::Statement&) {
        return fake::Answer{
            .columns = {"n", "t", "b", "x", "r"},
            .rows = {{"42", "2026-01-02 03:04:05.678901+00", "t", std::nullopt, "0.25"}}};
    };
    const Rows rows = Db(host.abi()).query("SELECT");

    EXPECT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows.columns(), 5U);
    EXPECT_EQ(rows.column_name(1), "t");
    EXPECT_EQ(rows.integer(0, 0), 42);
    EXPECT_EQ(unix_seconds(*rows.time(0, 1)), 1767323045);
    EXPECT_TRUE(rows.boolean(0, 2));
    EXPECT_TRUE(rows.is_null(0, 3));
    EXPECT_EQ(rows.text(0, 3), "");
    EXPECT_EQ(rows.optional_integer(0, 3), std::nullopt);
    EXPECT_EQ(rows.time(0, 3), std::nullopt);
    EXPECT_EQ(rows.real(0, 4), 0.25);
    EXPECT_THROW((void)rows.integer(0, 3), Error);
    EXPECT_THROW((void)rows.integer(0, 4), Error);
    EXPECT_THROW((void)rows.time(0, 0), Error);
}

TEST(Tx, IsRolledBackUnlessCommitted) {
    FakeHost host;
    const Db db(host.abi());
    { Tx tx = db.begin(); }
    EXPECT_EQ(host.db.count("ROLLBACK"), 1U);

    Tx tx = db.begin();
    tx.commit();
    EXPECT_EQ(host.db.count("COMMIT"), 1U);
    EXPECT_EQ(host.db.count("ROLLBACK"), 1U);
}

TEST(Tx, TellsWhatWaitsForItHowItEnded) {
    FakeHost host;
    const Db db(host.abi());
    std::vector<int> ends;
    {
        Tx tx = db.begin();
        tx.after([&](int committed) { ends.push_back(committed); });
    }
    Tx tx = db.begin();
    tx.after([&](int committed) { ends.push_back(committed); });
    tx.commit();

    EXPECT_EQ(ends, (std::vector<int>{0, 1}));
}

TEST(Tx, DoesNotEndATransactionThatItBorrows) {
    FakeHost host;
    Tx owner = Db(host.abi()).begin();
    { Tx borrowed(host.abi(), owner.handle(), Tx::Ownership::borrowed); }
    EXPECT_EQ(host.db.count("ROLLBACK"), 0U);
    owner.commit();
}

TEST(Tx, CopiesInOneCall) {
    FakeHost host;
    std::string copied;
    host.db.copied = [&](std::string_view data) {
        copied = data;
        return std::int64_t{2};
    };
    Tx tx = Db(host.abi()).begin();

    EXPECT_EQ(tx.copy_in("COPY t FROM STDIN", "a\nb\n"), 2);
    EXPECT_EQ(copied, "a\nb\n");
    EXPECT_EQ(host.db.count("COPY t"), 1U);
}

TEST(Db, UsesThePoolThatItIsNamedFor) {
    FakeHost host;
    Db(host.abi(), "logs").query("SELECT 1");
    EXPECT_EQ(host.db.statements().at(0).pool, "logs");
}

}  // namespace
}  // namespace ezapi
