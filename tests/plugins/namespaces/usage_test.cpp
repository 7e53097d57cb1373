#include "usage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"
#include "ezapi/services/namespaces.hpp"

namespace ezapi::namespaces {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class UsageOfNamespaces : public ::testing::Test {
protected:
    UsageOfNamespaces() { host_.services.provide("namespaces/1", Usage::kTable, &usage_); }

    /// A plugin with this many entities in each namespace.
    [[nodiscard]] NamespaceWatch watcher(std::string_view kind, std::int64_t count) {
        return NamespaceWatch(api_, kind, [count](Tx&, std::string_view) { return count; });
    }

    /// Why a namespace cannot be deleted; empty: it can.
    std::string refusal() {
        Tx tx = api_.db().begin();
        try {
            usage_.refuse_deletion(tx, "ns");
        } catch (const Error& error) {
            EXPECT_EQ(error.http_status(), 409);
            EXPECT_EQ(error.code(), "in_use");
            return error.what();
        }
        return {};
    }

    FakeHost host_;
    Host api_{host_.abi()};
    Usage usage_{api_};
};

TEST_F(UsageOfNamespaces, LetsGoWhatNobodyUses) {
    EXPECT_EQ(refusal(), "");
    const NamespaceWatch bindings = watcher("bindings", 0);
    EXPECT_EQ(refusal(), "");
}

TEST_F(UsageOfNamespaces, RefusesWithTheCountsOfAllWhoUseIt) {
    const NamespaceWatch bindings = watcher("bindings", 12);
    const NamespaceWatch masters = watcher("masters", 0);
    const NamespaceWatch keys = watcher("keys", 3);
    EXPECT_EQ(refusal(), "namespace 'ns': in use by 12 bindings, 3 keys");
}

TEST_F(UsageOfNamespaces, ForgetsAWatcherThatStops) {
    { const NamespaceWatch bindings = watcher("bindings", 12); }
    EXPECT_EQ(refusal(), "");
}

TEST_F(UsageOfNamespaces, PassesOnThatAWatcherCannotCount) {
    const NamespaceWatch bindings(api_, "bindings", [](Tx&, std::string_view) -> std::int64_t {
        throw Error(EZ_UNAVAILABLE, "the database is away");
    });
    Tx tx = api_.db().begin();
    EXPECT_THROW(usage_.refuse_deletion(tx, "ns"), Error);
}

TEST_F(UsageOfNamespaces, CountsInTheTransactionOfTheDeletion) {
    const NamespaceWatch bindings(api_, "bindings", [](Tx& tx, std::string_view name) {
        return tx.query("SELECT count(*) FROM bindings WHERE namespace = $1", {name}).integer(0, 0);
    });
    host_.db.answer = [](const fake::Statement& statement) {
        EXPECT_EQ(statement.params, (std::vector<fake::Cell>{"ns"}));
        return fake::Answer{.rows = {{"2"}}};
    };
    EXPECT_THAT(refusal(), HasSubstr("2 bindings"));
}

TEST_F(UsageOfNamespaces, SaysWhichNamesAreMissingAndKeepsTheOthers) {
    host_.db.answer = [](const fake::Statement& statement) {
        EXPECT_THAT(statement.sql, HasSubstr("FOR KEY SHARE"));
        return fake::Answer{.rows = {{"a"}, {"c"}}};
    };
    const NamespaceWatch named = watcher("keys", 0);
    Tx tx = api_.db().begin();
    EXPECT_THAT(named.missing(tx, {"a", "b", "c", "d"}), ElementsAre("b", "d"));
    EXPECT_THAT(named.missing(tx, {}), ElementsAre());
}

TEST_F(UsageOfNamespaces, SaysWhichNamesAreSuspended) {
    host_.db.answer = [](const fake::Statement&) { return fake::Answer{.rows = {{"b"}}}; };
    const NamespaceWatch named = watcher("bindings", 0);
    Tx tx = api_.db().begin();
    EXPECT_THAT(named.suspended(tx, {"a", "b"}), ElementsAre("b"));
}

TEST(NamedWithoutNamespaces, TakesEveryName) {
    FakeHost host;
    const Host api(host.abi());
    const NamespaceWatch named(api, "keys", [](Tx&, std::string_view) { return std::int64_t{0}; });
    Tx tx = api.db().begin();
    EXPECT_THAT(named.missing(tx, {"any"}), ElementsAre());
}

}  // namespace
}  // namespace ezapi::namespaces
