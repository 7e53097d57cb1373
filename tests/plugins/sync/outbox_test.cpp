// What failed is tried again, one bad entity at its own cost.
#include <gmock/gmock.h>

#include <thread>

#include "tests/support/eventually.hpp"
#include "workshop.hpp"

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;
using tests::eventually;

class OutboxTest : public WorkshopTest {
protected:
    void drain() const {
        shop_->outbox.drain([] { return false; });
    }

    /// As if the pause before the next attempt were over.
    void make_due() const {
        shop_->db.query("UPDATE sync_entities SET next_attempt_at = now() - interval '1 second'");
    }

    [[nodiscard]] std::string cell(const std::string& column, const Entity& entity) const {
        return std::string(
            shop_->db
                .query("SELECT " + column +
                           "::text FROM sync_entities WHERE resource = $1 AND key = $2",
                       {entity.resource, entity.key})
                .text(0, 0));
    }
};

TEST_F(OutboxTest, PushesWhatNobodyHasPushed) {
    for (int i = 0; i < 120; ++i) shop_->set(kField, "k" + std::to_string(i), "v");
    make_due();

    drain();

    EXPECT_EQ(shop_->in_redis(kField), shop_->in_database(kField));
    EXPECT_EQ(shop_->ledger.depth().pending, 0);
}

TEST_F(OutboxTest, LeavesToTheirInstanceWhatIsJustCommitted) {
    shop_->set(kField, "a", "1");

    drain();

    EXPECT_EQ(shop_->state({kField, "a"}), "pending");
}

TEST_F(OutboxTest, OneBadEntityBlocksNobody) {
    for (int i = 0; i < 40; ++i) shop_->set(kField, "k" + std::to_string(i), "v");
    shop_->on_render = [](std::string_view id) {
        if (id == "k17") throw Error(EZ_INTERNAL, "cannot be rendered");
    };
    make_due();

    drain();

    EXPECT_EQ(shop_->in_redis(kField).size(), 39U);
    EXPECT_EQ(shop_->state({kField, "k17"}), "pending");
    EXPECT_THAT(cell("last_error", {kField, "k17"}), ::testing::HasSubstr("cannot be rendered"));
}

TEST_F(OutboxTest, GivesAnEntityUpAfterItsLastAttemptAndTakesItUpAgainOnDemand) {
    shop_->set(kField, "bad", "v");
    shop_->on_render = [](std::string_view) { throw Error(EZ_INTERNAL, "cannot be rendered"); };
    for (int i = 0; i < 3; ++i) {
        make_due();
        drain();
    }
    ASSERT_EQ(shop_->state({kField, "bad"}), "dead");
    make_due();
    drain();
    ASSERT_EQ(cell("attempts", {kField, "bad"}), "3");

    shop_->on_render = [](std::string_view) {};
    Tx tx = shop_->db.begin();
    EXPECT_EQ(Ledger::reopen(tx, std::stoll(cell("id", {kField, "bad"}))), (Entity{kField, "bad"}));
    tx.commit();
    drain();

    EXPECT_EQ(shop_->state({kField, "bad"}), "applied");
}

TEST_F(OutboxTest, AChangeTakesADeadEntityUpAgain) {
    shop_->set(kField, "bad", "v");
    shop_->on_render = [](std::string_view) { throw Error(EZ_INTERNAL, "cannot be rendered"); };
    for (int i = 0; i < 3; ++i) {
        make_due();
        drain();
    }
    ASSERT_EQ(shop_->state({kField, "bad"}), "dead");
    shop_->on_render = [](std::string_view) {};

    shop_->set_and_push(kField, "bad", "cured");

    EXPECT_EQ(shop_->state({kField, "bad"}), "applied");
}

TEST_F(OutboxTest, AnAbsentRedisIsNoAttemptOfAnybody) {
    if (!server().controllable()) GTEST_SKIP() << "the server is not ours to stop";
    shop_->set(kField, "a", "1");
    make_due();
    server().stop();

    EXPECT_NO_THROW(drain());
    EXPECT_TRUE(shop_->breaker.away());
    EXPECT_EQ(cell("attempts", {kField, "a"}), "0");
    EXPECT_EQ(cell("claimed_by IS NULL", {kField, "a"}), "true");

    server().start();
    EXPECT_TRUE(eventually(30s, [&] {
        drain();
        if (!shop_->breaker.away()) shop_->pretend_filled();
        return shop_->state({kField, "a"}) == "applied";
    }));
}

TEST_F(OutboxTest, EntitiesWhoseOwnerIsAwayWaitForIt) {
    Tx tx = shop_->db.begin();
    (void)record(tx, {{"config:gone", "1"}});
    tx.commit();
    make_due();

    drain();

    EXPECT_EQ(shop_->state({"config:gone", "1"}), "pending");
    EXPECT_EQ(cell("attempts", {"config:gone", "1"}), "0");
}

TEST_F(OutboxTest, TwoInstancesDoNotClaimTheSame) {
    for (int i = 0; i < 30; ++i) shop_->set(kField, "k" + std::to_string(i), "v");
    make_due();
    const Ledger other(shop_->db, "other-instance", 3);

    const Entities first = shop_->ledger.claim({kField}, 20);
    const Entities second = other.claim({kField}, 20);

    EXPECT_EQ(first.size(), 20U);
    EXPECT_EQ(second.size(), 10U);
    for (const Entity& entity : second)
        EXPECT_FALSE(std::binary_search(first.begin(), first.end(), entity));
    shop_->ledger.release();
    EXPECT_EQ(other.claim({kField}, 50).size(), 20U);
}

}  // namespace
}  // namespace ezapi::sync
