// A replica of Redis has taken over, and one instance still reaches the server that was the master.
#include <gtest/gtest.h>

#include <memory>

#include "tests/support/eventually.hpp"
#include "workshop.hpp"

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;
using tests::eventually;

/// `shop_` reaches the old master, `other_` the new one.
class FailoverTest : public WorkshopTest {
protected:
    void SetUp() override {
        WorkshopTest::SetUp();
        if (IsSkipped()) return;
        if (!server().controllable()) GTEST_SKIP() << "a second Redis server is needed";
        for (const char* resource : {kField, kHash, kPlain}) fill_table(resource);
        tick(*shop_);
        ASSERT_TRUE(shop_->watch.is_filled());
        promoted_ = std::make_unique<tests::PrivateRedis>();
        other_ = std::make_unique<Workshop>(dsn_, promoted_->port());
        shop_->redis.command({"CONFIG", "SET", "repl-diskless-sync-delay", "0"});
        const Redis& redis = other_->redis;
        redis.command({"REPLICAOF", server().host(), std::to_string(server().port())});
        ASSERT_TRUE(eventually(30s, [&] {
            const Reply link = redis.raw({"INFO", "replication"});
            return link.text().find("master_link_status:up") != std::string_view::npos;
        }));
        redis.command({"REPLICAOF", "NO", "ONE"});
    }

    /// More than a page, so that a full push has its snapshot when it reads the second one.
    void fill_table(const char* resource) const {
        shop_->db.query(
            "INSERT INTO things SELECT $1, 'k' || lpad(n::text, 6, '0'), 'v' || n "
            "FROM generate_series(1, 1500) AS n",
            {resource});
    }

    static void tick(Workshop& shop) {
        shop.watch.tick([] { return false; });
    }

    static void expect_delivered(Workshop& shop, const Entity& entity) {
        EXPECT_TRUE(eventually(10s, [&] {
            shop.outbox.drain([] { return false; });
            return shop.state(entity) == "applied";
        })) << entity.resource;
        EXPECT_TRUE(shop.in_redis(entity.resource) == shop.in_database(entity.resource))
            << entity.resource;
    }

    std::unique_ptr<tests::PrivateRedis> promoted_;
    std::unique_ptr<Workshop> other_;
};

TEST_F(FailoverTest, WhatTheOldMasterIsToldStillWaitsForTheNewOne) {
    tick(*other_);
    ASSERT_TRUE(other_->watch.is_filled());
    for (const char* resource : {kField, kHash, kPlain}) {
        shop_->set_and_push(resource, "late", "1");
        EXPECT_EQ(shop_->state({resource, "late"}), "pending") << resource;
    }
    for (const char* resource : {kField, kHash, kPlain})
        expect_delivered(*other_, {resource, "late"});
}

TEST_F(FailoverTest, WhatTheOldMasterIsToldWhileTheNewOneIsFilledWaitsToo) {
    std::map<std::string, int> pages;
    other_->on_scan = [&](std::string_view resource) {
        if (++pages[std::string(resource)] == 2)
            shop_->set_and_push(std::string(resource), "late", "1");
    };

    tick(*other_);

    for (const char* resource : {kField, kHash, kPlain})
        expect_delivered(*other_, {resource, "late"});
}

TEST_F(FailoverTest, TheOldMasterIsTakenUpAgainWhenTheFillOfTheNewOneWasGivenUp) {
    other_->on_scan = [](std::string_view) { throw Error(EZ_UNAVAILABLE, "gone"); };
    tick(*other_);
    shop_->set_and_push(kHash, "late", "1");
    EXPECT_EQ(shop_->state({kHash, "late"}), "pending");

    tick(*shop_);

    expect_delivered(*shop_, {kHash, "late"});
}

TEST_F(FailoverTest, WhatTheNewMasterWasToldBeforeItsFillWasGivenUpReachesTheOldOne) {
    std::map<std::string, int> pages;
    other_->on_scan = [&](std::string_view resource) {
        if (++pages[std::string(resource)] < 2) return;
        other_->set_and_push(kHash, "late", std::string(resource));
        throw Error(EZ_UNAVAILABLE, "gone");
    };
    tick(*other_);
    shop_->on_scan = [](std::string_view) { throw Error(EZ_UNAVAILABLE, "gone, too"); };
    tick(*shop_);
    shop_->on_scan = [](std::string_view) {};

    EXPECT_TRUE(eventually(10s, [&] {
        tick(*shop_);
        return shop_->watch.is_filled();
    }));

    expect_delivered(*shop_, {kHash, "late"});
}

}  // namespace
}  // namespace ezapi::sync
