// The rule of revisions, the watermark, and what a push notes.
#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "tests/support/eventually.hpp"
#include "workshop.hpp"

namespace ezapi::sync {
namespace {

class RevisionTest : public WorkshopTest {};

TEST_F(RevisionTest, ThoseOfOneEntityRiseInTheOrderOfCommits) {
    shop_->db.query(
        "CREATE TABLE commits (number bigint GENERATED ALWAYS AS IDENTITY, revision bigint)");
    shop_->db.query("INSERT INTO things VALUES ($1, 'k', '0')", {kField});
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                Tx tx = shop_->db.begin();
                const std::int64_t revision = record(tx, {{kField, "k"}});
                // Drawn under the lock of the entity's row, hence in the order of commits.
                tx.query("INSERT INTO commits (revision) VALUES ($1)", {revision});
                tx.commit();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(shop_->db
                  .query("SELECT count(*) FROM (SELECT revision, lag(revision) OVER (ORDER BY "
                         "number) AS before FROM commits) AS steps WHERE revision <= before")
                  .integer(0, 0),
              0);
    EXPECT_EQ(shop_->db.query("SELECT count(*) FROM commits").integer(0, 0), 400);
}

TEST_F(RevisionTest, AreDrawnWithATransactionIdAssigned) {
    Tx tx = shop_->db.begin();
    (void)record(tx, {{kField, "a"}});
    const Rows plan = tx.query(
        "EXPLAIN (COSTS OFF) SELECT nextval('sync_revision') FROM unnest(ARRAY['a'], ARRAY['b']) "
        "AS changed(resource, key) WHERE pg_current_xact_id() IS NOT NULL");
    std::string text;
    for (size_t row = 0; row < plan.size(); ++row) text += std::string(plan.text(row, 0)) + "\n";
    EXPECT_THAT(text, ::testing::HasSubstr("One-Time Filter: (pg_current_xact_id() IS NOT NULL)"));
}

TEST_F(RevisionTest, ATransactionIsKnownByTheGreatestOfItsEntities) {
    Tx tx = shop_->db.begin();
    const std::int64_t revision = record(tx, {{kField, "a"}, {kField, "b"}, {kHash, "a"}});
    tx.commit();

    EXPECT_EQ(shop_->db.query("SELECT max(revision) FROM sync_entities").integer(0, 0), revision);
    EXPECT_EQ(
        shop_->db
            .query("SELECT cardinality(keys) FROM sync_changes WHERE revision = $1", {revision})
            .integer(0, 0),
        3);
}

TEST_F(RevisionTest, TransactionsOfManySharedEntitiesDoNotLockEachOther) {
    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&] {
            Entities all;
            for (int i = 0; i < 40; ++i) all.push_back({kField, std::to_string(100 + i)});
            for (int i = 0; i < 20; ++i) {
                try {
                    Tx tx = shop_->db.begin();
                    (void)record(tx, all);
                    tx.commit();
                    shop_->pusher.push(all);
                } catch (const Error&) {
                    ++failures;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(failures, 0);
}

class WatermarkTest : public WorkshopTest {
protected:
    std::int64_t reached() {
        // Whatever else runs in this server ends soon.
        for (;;) {
            if (const auto settled = watermark_->advance({kField, kHash, kPlain})) return *settled;
        }
    }

    void SetUp() override {
        WorkshopTest::SetUp();
        if (shop_) watermark_.emplace(shop_->db);
    }

    std::optional<Watermark> watermark_;
};

TEST_F(WatermarkTest, FollowsWhatIsPushed) {
    const std::int64_t revision = shop_->set_and_push(kField, "a", "1");

    EXPECT_EQ(reached(), revision);
}

TEST_F(WatermarkTest, StopsBeforeWhatIsPending) {
    const std::int64_t waiting = shop_->set(kField, "a", "1");
    shop_->set_and_push(kField, "b", "1");

    EXPECT_EQ(reached(), waiting - 1);
}

TEST_F(WatermarkTest, StopsBeforeTheFirstOfSeveralUnpushedChanges) {
    shop_->set_and_push(kField, "a", "1");
    const std::int64_t first = shop_->set(kField, "a", "2");
    shop_->set_and_push(kField, "b", "1");
    shop_->set(kField, "a", "3");

    EXPECT_LT(reached(), first);
}

TEST_F(WatermarkTest, WaitsForATransactionThatHasDrawnButNotCommitted) {
    const std::int64_t before = shop_->set_and_push(kField, "b", "1");
    ASSERT_EQ(reached(), before);
    Tx open = shop_->db.begin();
    const std::int64_t drawn = record(open, {{kField, "a"}});
    const std::int64_t after = shop_->set_and_push(kField, "b", "2");
    ASSERT_GT(after, drawn);

    for (int i = 0; i < 20; ++i)
        EXPECT_LT(watermark_->advance({kField}).value_or(0), drawn) << "while it is open";
    open.commit();
    EXPECT_LT(reached(), drawn) << "while it is pending";
    shop_->pusher.push({{kField, "a"}});
    EXPECT_EQ(reached(), after);
}

TEST_F(WatermarkTest, WaitsForTheLatestTransactionOfAll) {
    Tx open = shop_->db.begin();
    const std::int64_t drawn = record(open, {{kField, "a"}});

    for (int i = 0; i < 20; ++i)
        EXPECT_LT(watermark_->advance({kField}).value_or(0), drawn) << "nobody came after it";
}

TEST_F(WatermarkTest, CountsNoNumberThatACrashTakesBack) {
    tests::PrivatePostgres postgres(tests::Durability::durable);
    open(postgres);
    watermark_.emplace(shop_->db);
    {
        Tx lost = shop_->db.begin();
        lost.query(
            "SELECT nextval('sync_revision') FROM generate_series(1, 1000) "
            "WHERE pg_current_xact_id() IS NOT NULL");
        ASSERT_FALSE(watermark_->advance({kField}).has_value()) << "it is still open";
        postgres.restart();
    }

    std::int64_t settled = 0;
    ASSERT_TRUE(tests::eventually(std::chrono::seconds(10), [&] {
        return guard(nullptr, [&] { settled = reached(); }) == EZ_OK;
    }));
    EXPECT_LE(settled, shop_->db.query("SELECT last_value FROM sync_revision").integer(0, 0))
        << "what is drawn next is taken to be in Redis";
    shop_.reset();
}

TEST_F(WatermarkTest, IsNotHeldUpByResourcesThatNobodyProjects) {
    Tx tx = shop_->db.begin();
    (void)record(tx, {{"config:gone", "1"}});
    tx.commit();
    const std::int64_t revision = shop_->set_and_push(kField, "a", "1");

    EXPECT_EQ(reached(), revision);
}

class PushTest : public WorkshopTest {};

TEST_F(PushTest, AnEntityThatChangedDuringThePushStaysPending) {
    shop_->set(kField, "a", "1");
    const std::vector<Rendered> rendered = shop_->pusher.read({{kField, "a"}});
    shop_->set(kField, "a", "2");

    const BackfillFence fence = shop_->pusher.fence();
    shop_->pusher.note(
        rendered, shop_->pusher.write(rendered, RedisWriter::Events::withhold, fence), fence);

    EXPECT_EQ(shop_->state({kField, "a"}), "pending");
    EXPECT_EQ(shop_->in_redis(kField)["a"], "1");
    shop_->pusher.push({{kField, "a"}});
    EXPECT_EQ(shop_->state({kField, "a"}), "applied");
    EXPECT_EQ(shop_->in_redis(kField)["a"], "2");
}

TEST_F(PushTest, ALateOneDoesNotUndoWhatAnotherHasPushed) {
    shop_->set(kHash, "a", "1");
    const std::vector<Rendered> late = shop_->pusher.read({{kHash, "a"}});
    shop_->set_and_push(kHash, "a", std::nullopt);

    const BackfillFence fence = shop_->pusher.fence();
    shop_->pusher.note(
        late, shop_->pusher.write(late, RedisWriter::Events::withhold, fence), fence);

    EXPECT_TRUE(shop_->in_redis(kHash).empty());
    EXPECT_EQ(shop_->state({kHash, "a"}), "applied");
}

TEST_F(PushTest, ADatabaseThatWasRestoredOvertakesWhatRedisHolds) {
    for (int i = 0; i < 20; ++i) shop_->set_and_push(kField, "a", std::to_string(i));
    const std::string epoch = StateRow(shop_->db).read().epoch;
    shop_->db.query("SELECT setval('sync_revision', 3)");
    shop_->db.query("UPDATE sync_entities SET revision = 3, pushed_revision = 3");
    shop_->db.query("DELETE FROM sync_changes WHERE revision > 3");

    shop_->set_and_push(kField, "a", "restored");
    shop_->pusher.push({{kField, "a"}});

    EXPECT_EQ(shop_->in_redis(kField)["a"], "restored");
    EXPECT_EQ(shop_->state({kField, "a"}), "applied");
    EXPECT_NE(StateRow(shop_->db).read().epoch, epoch);
}

}  // namespace
}  // namespace ezapi::sync
