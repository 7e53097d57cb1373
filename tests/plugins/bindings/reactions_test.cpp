// Which bindings are marked when other entities change, with a real database and change bus.
#include "reactions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "binding.hpp"
#include "ezapi/resource.hpp"
#include "group.hpp"
#include "namespace.hpp"
#include "tests/contract/database_host.hpp"
#include "tests/support/eventually.hpp"
#include "usage.hpp"

namespace ezapi::bindings {
namespace {

using namespace std::chrono_literals;
using ::testing::UnorderedElementsAre;

class Reactions : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        database_ = std::make_unique<tests::DatabaseHost>(
            std::vector<std::string>{"namespaces", "provider-groups", "bindings"});
        Host host = database_->host();
        usage_ = std::make_unique<namespaces::Usage>(host);
        spaces_ = std::make_unique<Resource>(namespaces::namespace_spec(*usage_));
        follow_changes(host);
        host.on_change("config:bindings", Phase::record, [this](Tx&, Changes changes) {
            const std::lock_guard lock(mutex_);
            marked_.clear();
            for (const ez_change& change : changes) marked_.insert(std::string(view(change.id)));
        });
        database_->activate();
        fill();
    }

    /// Group 1 serves ns.a (exact), ns.b (regex) and other.a; group 2 serves ns.c.
    void fill() {
        database_->sql.query(
            "INSERT INTO namespaces (name) VALUES ('ns'), ('other');"
            "INSERT INTO provider_groups (id, name, type, models) OVERRIDING SYSTEM VALUE VALUES "
            "(1, 'one', 'openai', '[\"a\", \"b-1\"]'), (2, 'two', 'openai', '[\"c\"]')");
        database_->sql.query(
            "INSERT INTO bindings (namespace, public_model, group_id, selector_type, "
            "selector_value) VALUES ('ns', 'a', 1, 'exact', ''), ('ns', 'b', 1, 'regex', '^b-'), "
            "('other', 'a', 1, 'exact', ''), ('ns', 'c', 2, 'exact', '')");
    }

    /// The bindings that a transaction marks.
    std::set<std::string> marked_by(Tx tx) {
        forget();
        tx.commit();
        const std::lock_guard lock(mutex_);
        return marked_;
    }

    void forget() {
        const std::lock_guard lock(mutex_);
        marked_.clear();
    }

    /// The bindings that an update of an entity marks.
    std::set<std::string> update(const Resource& resource, std::int64_t id, const Json& fields) {
        Tx tx = database_->db().begin();
        (void)resource.update(tx, id, fields, BodyMode::merge);
        return marked_by(std::move(tx));
    }

    /// The bindings that a change of an API key marks; the rows of its plugin do not matter.
    std::set<std::string> change_key(const Json& before, const Json& after) {
        Tx tx = database_->db().begin();
        const std::string from = before.is_null() ? "" : before.dump();
        const std::string to = after.is_null() ? "" : after.dump();
        tx.changed({.resource = "api-keys",
                    .id = "5",
                    .action = before.is_null()  ? EZ_CREATED
                              : after.is_null() ? EZ_DELETED
                                                : EZ_UPDATED,
                    .before = from,
                    .after = to});
        return marked_by(std::move(tx));
    }

    static Json key(std::int64_t group, const char* status, int weight = 1) {
        return {{"id", 5}, {"group_id", group}, {"status", status}, {"weight", weight}};
    }

    std::unique_ptr<tests::DatabaseHost> database_;
    std::unique_ptr<namespaces::Usage> usage_;
    std::unique_ptr<Resource> spaces_;
    const Resource groups_{provider_groups::group_spec()};
    const Resource bindings_{binding_spec()};
    std::mutex mutex_;
    std::set<std::string> marked_;
};

TEST_F(Reactions, ModelsOfAGroupMarkTheBindingsThatResolveOtherwise) {
    EXPECT_THAT(update(groups_, 1, {{"models", {"a", "b-1", "z"}}}), UnorderedElementsAre());
    EXPECT_THAT(update(groups_, 1, {{"models", {"b-1", "a"}}}), UnorderedElementsAre());
    EXPECT_THAT(update(groups_, 1, {{"models", {"b-1"}}}), UnorderedElementsAre("ns.a", "other.a"));
    EXPECT_THAT(update(groups_, 1, {{"models", {"b-2"}}}), UnorderedElementsAre("ns.b"));
    EXPECT_THAT(update(groups_, 1, {{"models", {"b-2", "b-3"}}}), UnorderedElementsAre("ns.b"));
    EXPECT_THAT(update(groups_, 1, {{"models", {"b-3", "b-4"}}}), UnorderedElementsAre());
}

TEST_F(Reactions, TheStatusOfAGroupMarksAllOfItsBindings) {
    EXPECT_THAT(update(groups_, 1, {{"status", "suspended"}}),
                UnorderedElementsAre("ns.a", "ns.b", "other.a"));
}

TEST_F(Reactions, WhatIsNotRenderedMarksNothing) {
    EXPECT_THAT(update(groups_, 1, {{"name", "uno"}, {"base_url", "https://x.example"}}),
                UnorderedElementsAre());
    EXPECT_THAT(change_key(key(1, "active", 1), key(1, "active", 9)), UnorderedElementsAre());
    EXPECT_THAT(change_key(key(1, "banned"), key(1, "suspended")), UnorderedElementsAre());
    EXPECT_THAT(update(*spaces_, 1, {{"description", "x"}}), UnorderedElementsAre());
}

TEST_F(Reactions, AnApiKeyThatComesOrGoesMarksTheBindingsOfItsGroup) {
    EXPECT_THAT(change_key(nullptr, key(2, "active")), UnorderedElementsAre("ns.c"));
    EXPECT_THAT(change_key(key(2, "active"), nullptr), UnorderedElementsAre("ns.c"));
    EXPECT_THAT(change_key(key(2, "active"), key(2, "banned")), UnorderedElementsAre("ns.c"));
    EXPECT_THAT(change_key(nullptr, key(2, "suspended")), UnorderedElementsAre());
}

TEST_F(Reactions, AnApiKeyThatMovesMarksTheBindingsOfBothGroups) {
    EXPECT_THAT(change_key(key(1, "active"), key(2, "active")),
                UnorderedElementsAre("ns.a", "ns.b", "other.a", "ns.c"));
    EXPECT_THAT(change_key(key(1, "banned"), key(2, "active")), UnorderedElementsAre("ns.c"));
}

TEST_F(Reactions, TheStatusOfANamespaceMarksItsBindings) {
    EXPECT_THAT(update(*spaces_, 2, {{"status", "suspended"}}), UnorderedElementsAre("other.a"));
}

TEST_F(Reactions, AChangeOfAGroupWaitsForBindingsThatAreBeingCommitted) {
    // Holds the locks that the transaction of a binding holds between its subscribers and its
    // COMMIT.
    Tx writing = database_->db().begin();
    (void)bindings_.create(writing,
                           {{"namespace", "ns"}, {"public_model", "late"}, {"group_id", 2}});
    writing.query(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended('bindings/' || 2::bigint, 0))");
    std::set<std::string> marked;
    std::jthread changer([&] { marked = change_key(nullptr, key(2, "active")); });

    EXPECT_TRUE(tests::eventually(5s, [&] {
        return database_->sql.value(
                   "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") ==
               "1";
    }));
    writing.commit();
    changer.join();

    EXPECT_THAT(marked, UnorderedElementsAre("ns.c", "ns.late"));
}

}  // namespace
}  // namespace ezapi::bindings
