// Comparing Redis with the database: finds what differs and nothing else, and repairs it.
#include "compare/reconciliation.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/support/eventually.hpp"
#include "workshop.hpp"

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using Act = Reconciliation::Act;

class ReconciliationTest : public WorkshopTest {
protected:
    void SetUp() override {
        WorkshopTest::SetUp();
        if (IsSkipped()) return;
        for (const char* resource : {kField, kHash, kPlain}) {
            for (const char* key : {"a", "b", "c"}) shop_->set_and_push(resource, key, "1");
        }
    }

    /// "kind resource key" of each that differs.
    std::vector<std::string> run(Act act) {
        std::vector<std::string> out;
        findings_ = shop_->reconciliation.run(
            act,
            Reconciliation::Speed::full,
            [&](const Drift& drift) {
                out.push_back(std::string(name_of(drift.kind)) + " " + drift.entity.resource + " " +
                              drift.entity.key);
            },
            [] { return false; });
        EXPECT_EQ(findings_.fault(), "");
        return out;
    }

    void expect_all_equal() const {
        for (const char* resource : {kField, kHash, kPlain})
            EXPECT_EQ(shop_->in_redis(resource), shop_->in_database(resource)) << resource;
    }

    Findings findings_;
};

TEST_F(ReconciliationTest, FindsNothingWhereNothingDiffers) {
    EXPECT_THAT(run(Act::report), ElementsAre());
    ASSERT_EQ(findings_.resources.size(), 3U);
    for (const Findings::Resource& resource : findings_.resources) {
        EXPECT_EQ(resource.entities, 3);
        EXPECT_EQ(resource.database_digest, resource.redis_digest);
        EXPECT_NE(resource.database_digest, 0U);
    }
}

TEST_F(ReconciliationTest, FindsWhatIsMissingStaleAndForeignInEachLayout) {
    shop_->redis.command({"HDEL", kField, "a"});
    shop_->redis.command({"HSET", kField, "b", R"({"value":"other"})"});
    shop_->redis.command({"HSET", kField, "x", "{}"});
    shop_->redis.command({"DEL", "test:hash:a"});
    shop_->redis.command({"HSET", "test:hash:b", "more", "1"});
    shop_->redis.command({"HSET", "test:hash:x", "value", "1"});
    shop_->redis.command({"DEL", "test:a"});
    shop_->redis.command({"HSET", "test:b", "value", "other"});

    EXPECT_THAT(run(Act::report),
                UnorderedElementsAre("missing test:field a",
                                     "stale test:field b",
                                     "foreign test:field x",
                                     "missing test:hash a",
                                     "stale test:hash b",
                                     "foreign test:hash x",
                                     "missing test a",
                                     "stale test b"));
    for (const Findings::Resource& resource : findings_.resources)
        EXPECT_NE(resource.database_digest, resource.redis_digest) << resource.name;
    EXPECT_EQ(findings_.repaired(), 0);
    EXPECT_EQ(shop_->redis.command({"HEXISTS", kField, "a"}).integer(), 0) << "it only looked";
}

/// PostgreSQL refuses to be asked for such names.
TEST_F(ReconciliationTest, NamesThatTheDatabaseCannotHoldStopNoComparison) {
    for (const std::string& name : {std::string("\xff\xfe"), std::string("a\0b", 3)}) {
        shop_->redis.command({"HSET", kField, name, "{}"});
        shop_->redis.command({"HSET", "test:hash:" + name, "value", "1"});
    }
    shop_->redis.command({"HSET", kField, "x", "{}"});
    shop_->redis.command({"HSET", "test:hash:x", "value", "1"});
    EXPECT_THAT(run(Act::repair),
                UnorderedElementsAre("foreign test:field x", "foreign test:hash x"));
    EXPECT_EQ(findings_.fault(), "");
    EXPECT_EQ(findings_.repaired(), 2);
}

TEST_F(ReconciliationTest, RepairsWhatDiffersAndTouchesNothingElse) {
    shop_->redis.command({"HDEL", kField, "a"});
    shop_->redis.command({"HSET", "test:hash:b", "value", "other"});
    shop_->redis.command({"HSET", "test:hash:x", "value", "1"});
    shop_->redis.command({"SET", "test:hash:y", "of another type"});
    shop_->redis.command({"HSET", "test:b", "value", "other"});
    std::atomic<int> events{0};
    shop_->subscribe("dp:config:refresh", [&](const std::string&) { ++events; });
    ASSERT_TRUE(tests::eventually(10s, [&] {
        return shop_->redis.command({"PUBSUB", "NUMSUB", "dp:config:refresh"})[1].integer() == 1;
    }));

    EXPECT_EQ(run(Act::repair).size(), 5U);

    EXPECT_EQ(findings_.repaired(), 5);
    expect_all_equal();
    EXPECT_TRUE(tests::eventually(10s, [&] { return events == 5; }))
        << "the data plane hears of each";
    EXPECT_THAT(run(Act::report), ElementsAre());
}

TEST_F(ReconciliationTest, NoticesAnOlderRevisionBesideTheSameContent) {
    shop_->redis.command({"HSET", "test:hash:a", "rev", "1"});
    shop_->set_and_push(kHash, "a", "1");
    shop_->redis.command({"HSET", "test:hash:a", "rev", "1"});
    EXPECT_THAT(run(Act::repair), ElementsAre("stale test:hash a"));
    EXPECT_THAT(run(Act::report), ElementsAre());
}

TEST_F(ReconciliationTest, WhatIsOnItsWayIsNoDrift) {
    shop_->set(kField, "a", "2");
    shop_->set(kHash, "b", std::nullopt);
    shop_->set(kPlain, "new", "1");
    EXPECT_THAT(run(Act::report), ElementsAre());
}

TEST_F(ReconciliationTest, WhatWasGivenUpIsDriftAndIsTriedAgain) {
    shop_->set(kHash, "a", "2");
    shop_->db.query("UPDATE sync_entities SET state = 'dead' WHERE state = 'pending'");
    EXPECT_THAT(run(Act::repair), ElementsAre("stale test:hash a"));
    EXPECT_EQ(shop_->state({kHash, "a"}), "applied");
    expect_all_equal();
}

TEST_F(ReconciliationTest, FindsWhatWasChangedBehindTheBackOfTheChanges) {
    shop_->db.query("DELETE FROM things WHERE key = 'a'");
    shop_->db.query("INSERT INTO things VALUES ($1, 'new', '1')", {kHash});
    shop_->db.query("UPDATE things SET value = '9' WHERE key = 'b'");
    EXPECT_EQ(run(Act::repair).size(), 7U);
    expect_all_equal();
    EXPECT_THAT(run(Act::report), ElementsAre());
}

TEST_F(ReconciliationTest, AResourceThatIsGoneAsAWholeComesBackInOneStep) {
    for (int i = 0; i < 500; ++i) shop_->set_and_push(kField, "k" + std::to_string(i), "1");
    shop_->redis.command({"DEL", kField});
    std::atomic<bool> done{false};
    std::set<std::int64_t> lengths;
    std::thread watcher([&] {
        while (!done) lengths.insert(shop_->redis.command({"HLEN", kField}).integer());
    });

    EXPECT_EQ(run(Act::repair).size(), 503U);

    done = true;
    watcher.join();
    lengths.erase(0);
    lengths.erase(503);
    EXPECT_THAT(lengths, ElementsAre()) << "a reader saw a part of it";
    EXPECT_EQ(findings_.repaired(), 503);
    expect_all_equal();
}

TEST_F(ReconciliationTest, AForeignKeyWithARevisionOfTheFutureGoesByTheOutbox) {
    shop_->redis.command({"HSET", "test:hash:x", "value", "1", "rev", "5000000"});
    EXPECT_THAT(run(Act::repair), ElementsAre("foreign test:hash x"));
    EXPECT_TRUE(tests::eventually(10s, [&] {
        shop_->outbox.drain([] { return false; });
        return shop_->redis.command({"EXISTS", "test:hash:x"}).integer() == 0;
    }));
}

TEST_F(ReconciliationTest, FindsNothingWhileEverythingChangesAllTheTime) {
    std::atomic<bool> done{false};
    std::vector<std::thread> writers;
    for (unsigned seed = 1; seed <= 4; ++seed) {
        writers.emplace_back([&, seed] {
            std::minstd_rand random(seed);
            while (!done) {
                const char* resource = random() % 2 == 0 ? kField : kHash;
                const std::string key = "w" + std::to_string(random() % 20);
                const std::string value = std::to_string(random());
                shop_->set_and_push(
                    resource,
                    key,
                    random() % 4 == 0 ? std::nullopt : std::optional<std::string_view>(value));
            }
        });
    }
    for (int round = 0; round < 30; ++round) EXPECT_THAT(run(Act::report), ElementsAre());
    done = true;
    for (std::thread& writer : writers) writer.join();
    shop_->outbox.drain([] { return false; });
    EXPECT_THAT(run(Act::report), ElementsAre());
    expect_all_equal();
}

TEST_F(ReconciliationTest, KeepsWhatTheLastOneHasFound) {
    EXPECT_TRUE(shop_->drift_check.report().at("checked_at").is_null());
    shop_->redis.command({"DEL", "test:hash:a"});

    (void)shop_->drift_check.run(
        Act::report, Reconciliation::Speed::full, {}, [] { return false; });

    const Json report = shop_->drift_check.report();
    EXPECT_FALSE(report.at("checked_at").is_null());
    EXPECT_EQ(report.at("found"), 1);
    EXPECT_EQ(report.at("repaired"), 0);
    EXPECT_EQ(report.at("resources").size(), 3U);
    EXPECT_EQ(report.at("keys").at(0).at("key"), "a");
}

TEST_F(ReconciliationTest, RepairingARedisThatLostItsDataFillsIt) {
    shop_->redis.command({"FLUSHALL"});
    const Findings findings =
        shop_->drift_check.run(Act::repair, Reconciliation::Speed::full, {}, [] { return false; });
    EXPECT_EQ(findings.found(), 9);
    EXPECT_EQ(findings.repaired(), 9);
    expect_all_equal();
    EXPECT_TRUE(shop_->watch.is_filled());
}

}  // namespace
}  // namespace ezapi::sync
