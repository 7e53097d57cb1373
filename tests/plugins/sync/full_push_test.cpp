// A full push: visible in one step, while changes go on, and nothing removed in doubt.
#include <gmock/gmock.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "workshop.hpp"

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;

class FullPushTest : public WorkshopTest {
protected:
    void fill_table(const char* resource, int count) const {
        shop_->db.query(
            "INSERT INTO things SELECT $1, 'k' || lpad(n::text, 6, '0'), 'v' || n "
            "FROM generate_series(1, $2::bigint) AS n",
            {resource, count});
    }

    /// From inside the given page of a scan, counted from 1.
    void at_page(int page, std::function<void()> act) {
        shop_->on_scan = [this, page, act = std::move(act)](std::string_view) {
            if (++pages_ == page) act();
        };
    }

    void expect_equal(const char* resource) const {
        EXPECT_EQ(shop_->in_redis(resource), shop_->in_database(resource)) << resource;
    }

    int pages_ = 0;
};

TEST_F(FullPushTest, FillsAnEmptyRedisWithWhatIsOlderThanThePlugin) {
    for (const char* resource : {kField, kHash, kPlain}) fill_table(resource, 2500);

    const FullPushResult result = shop_->push_fully();

    EXPECT_EQ(result.fault(), "");
    for (const auto& resource : result.resources) EXPECT_EQ(resource.entities, 2500);
    for (const char* resource : {kField, kHash, kPlain}) expect_equal(resource);
    EXPECT_EQ(shop_->db.query("SELECT count(*) FROM sync_entities").integer(0, 0), 7500);
    EXPECT_EQ(shop_->redis.command({"KEYS", "sync:staging*"}).size(), 0U);
    EXPECT_EQ(shop_->redis.command({"TTL", kField}).integer(), -1);
}

TEST_F(FullPushTest, RemovesWhatTheDatabaseDoesNotKnow) {
    fill_table(kField, 3);
    fill_table(kHash, 3);
    shop_->set_and_push(kPlain, "old", "1");
    shop_->db.query("DELETE FROM things WHERE resource = $1", {kPlain});
    shop_->redis.command({"HSET", kField, "foreign", "{}"});
    shop_->redis.command({"HSET", "test:hash:foreign", "status", "active"});
    shop_->redis.command({"SET", "test:hash:of another type", "1"});
    shop_->redis.command({"HSET", "test:unknown", "value", "somebody's"});

    const FullPushResult result = shop_->push_fully();

    EXPECT_EQ(result.fault(), "");
    expect_equal(kField);
    expect_equal(kHash);
    EXPECT_EQ(result.resources[1].removed, 2);
    EXPECT_EQ(result.resources[2].removed, 1);
    EXPECT_EQ(shop_->redis.command({"EXISTS", "test:old"}).integer(), 0);
    EXPECT_EQ(shop_->redis.command({"EXISTS", "test:unknown"}).integer(), 1)
        << "under the prefix of a plain hash others may keep what they like";
}

TEST_F(FullPushTest, AnEmptyTableEmptiesRedis) {
    shop_->set_and_push(kField, "a", "1");
    shop_->set_and_push(kHash, "a", "1");
    shop_->db.query("DELETE FROM things");

    EXPECT_EQ(shop_->push_fully().fault(), "");

    EXPECT_TRUE(shop_->in_redis(kField).empty());
    EXPECT_TRUE(shop_->in_redis(kHash).empty());
}

TEST_F(FullPushTest, AFailedReadRemovesNothing) {
    fill_table(kField, 2500);
    fill_table(kHash, 2500);
    ASSERT_EQ(shop_->push_fully({kField, kHash}).fault(), "");
    shop_->db.query("DELETE FROM things WHERE key > 'k001500'");
    shop_->redis.command({"HSET", "test:hash:foreign", "status", "active"});
    shop_->on_scan = [this](std::string_view) {
        if (++pages_ % 2 == 0) throw Error(EZ_INTERNAL, "the second page cannot be read");
    };

    const FullPushResult result = shop_->push_fully({kField, kHash});

    EXPECT_THAT(result.resources[0].fault, ::testing::HasSubstr("second page"));
    EXPECT_THAT(result.resources[1].fault, ::testing::HasSubstr("second page"));
    EXPECT_EQ(shop_->in_redis(kField).size(), 2500U);
    EXPECT_EQ(shop_->in_redis(kHash).size(), 2501U);
}

TEST_F(FullPushTest, ReadersSeeTheOldOrTheNewHashNeverAHalf) {
    shop_->set_and_push(kField, "k000001", "old");
    fill_table(kHash, 0);
    shop_->db.query("DELETE FROM things");
    fill_table(kField, 5000);
    std::atomic<bool> done = false;
    std::set<std::int64_t> sizes;
    std::thread reader([&] {
        while (!done) sizes.insert(shop_->redis.command({"HLEN", kField}).integer());
        sizes.insert(shop_->redis.command({"HLEN", kField}).integer());
    });

    const FullPushResult result = shop_->push_fully({kField});
    done = true;
    reader.join();

    EXPECT_EQ(result.fault(), "");
    EXPECT_THAT(sizes, ::testing::IsSubsetOf({1, 5000}));
    EXPECT_TRUE(sizes.contains(5000));
}

TEST_F(FullPushTest, AChangeMadeMeanwhileIsInTheNewHashToo) {
    fill_table(kField, 2500);
    at_page(2, [this] {
        shop_->set_and_push(kField, "k000001", "changed behind the reader");
        shop_->set_and_push(kField, "k002400", "changed before the reader");
        shop_->set_and_push(kField, "k000002", std::nullopt);
        shop_->set_and_push(kField, "new", "created");
    });

    EXPECT_EQ(shop_->push_fully({kField}).fault(), "");

    expect_equal(kField);
    EXPECT_EQ(shop_->in_redis(kField)["k002400"], "changed before the reader");
}

TEST_F(FullPushTest, ADeletedEntityCannotComeBackThroughTheNewHash) {
    shop_->set(kField, "a", "1");
    const std::vector<Rendered> late = shop_->pusher.read({{kField, "a"}});
    shop_->set_and_push(kField, "a", std::nullopt);

    EXPECT_EQ(shop_->push_fully({kField}).fault(), "");
    (void)shop_->pusher.write(late, RedisWriter::Events::withhold);

    EXPECT_TRUE(shop_->in_redis(kField).empty());
}

TEST_F(FullPushTest, IsGivenUpWhenItsMarkerIsGone) {
    fill_table(kField, 2500);
    shop_->set_and_push(kField, "a", "1");
    at_page(2, [this] { shop_->redis.command({"DEL", marker_key(kField)}); });

    EXPECT_THAT(shop_->push_fully({kField}).fault(), ::testing::HasSubstr("marker"));

    EXPECT_EQ(shop_->in_redis(kField), (std::map<std::string, std::string>{{"a", "1"}}));
}

TEST_F(FullPushTest, OfHashesIsGivenUpWhenRedisLostItsDataMeanwhile) {
    fill_table(kHash, 2500);
    at_page(2, [this] { shop_->redis.command({"FLUSHALL"}); });

    EXPECT_THAT(shop_->push_fully({kHash}).fault(), ::testing::HasSubstr("marker"));
    EXPECT_EQ(shop_->redis.command({"HEXISTS", std::string(kEpochsKey), kHash}).integer(), 0);
}

TEST_F(FullPushTest, IsOneAtATime) {
    fill_table(kField, 1);
    std::string code;
    at_page(1, [&] {
        try {
            (void)shop_->push_fully();
        } catch (const Error& error) {
            code = error.code();
        }
    });

    EXPECT_EQ(shop_->push_fully({kField}).fault(), "");

    EXPECT_EQ(code, "in_progress");
}

TEST_F(FullPushTest, IsTakenUpFromAnInstanceThatDied) {
    ASSERT_TRUE(StateRow(shop_->db).take_lease("an instance that died"));
    EXPECT_THROW((void)shop_->push_fully(), Error);
    shop_->db.query("UPDATE sync_state SET full_until = now() - interval '1 second'");

    EXPECT_EQ(shop_->push_fully().fault(), "");
}

TEST_F(FullPushTest, EndsEqualToTheDatabaseUnderConstantChanges) {
    for (const char* resource : {kField, kHash, kPlain}) fill_table(resource, 1500);
    std::atomic<bool> done = false;
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 4; ++writer) {
        writers.emplace_back([&, writer] {
            std::mt19937 random(static_cast<unsigned>(writer));
            const char* resources[]{kField, kHash, kPlain};
            for (int i = 0; !done; ++i) {
                const std::string key = "k" + std::to_string(1000000 + random() % 1700).substr(1);
                const std::string value = std::to_string(writer) + "." + std::to_string(i);
                if (random() % 3 == 0) {
                    shop_->set_and_push(resources[random() % 3], key, std::nullopt);
                } else {
                    shop_->set_and_push(resources[random() % 3], key, value);
                }
            }
        });
    }
    for (int i = 0; i < 6; ++i) EXPECT_EQ(shop_->push_fully().fault(), "");
    done = true;
    for (std::thread& writer : writers) writer.join();
    shop_->db.query("UPDATE sync_entities SET next_attempt_at = now() - interval '1 second'");
    shop_->outbox.drain([] { return false; });

    for (const char* resource : {kField, kHash, kPlain}) expect_equal(resource);
    EXPECT_EQ(shop_->ledger.depth().pending, 0);
}

/// What was rendered and sent, but arrives late.
TEST_F(FullPushTest, APushThatWasRenderedBeforeRedisWasFilledAnewBringsNothingBack) {
    for (const char* resource : {kField, kHash, kPlain}) {
        shop_->set_and_push(resource, "revoked", "1");
        const RedisWriter writer(shop_->redis, shop_->scripts, [] { return unix_seconds(now()); });
        const BackfillFence fence = writer.fence();
        const std::vector<Rendered> late = shop_->pusher.read({{resource, "revoked"}});
        shop_->set_and_push(resource, "revoked", std::nullopt);
        shop_->redis.command({"FLUSHALL"});
        ASSERT_EQ(shop_->push_fully().fault(), "");

        const Outcome outcome = writer.write(late, RedisWriter::Events::publish, fence)[0];

        EXPECT_EQ(outcome.kind, Outcome::Kind::fenced);
        EXPECT_EQ(shop_->in_redis(resource).count("revoked"), 0U) << resource;
        shop_->pretend_filled();
    }
}

TEST_F(FullPushTest, ALatePushIntoTheStagingBringsNothingBack) {
    shop_->set_and_push(kField, "revoked", "1");
    shop_->redis.command({"FLUSHALL"});
    const RedisWriter writer(shop_->redis, shop_->scripts, [] { return unix_seconds(now()); });
    const BackfillFence fence = writer.fence();
    const std::vector<Rendered> late = shop_->pusher.read({{kField, "revoked"}});
    shop_->set(kField, "revoked", std::nullopt);
    at_page(1, [&] { (void)writer.write(late, RedisWriter::Events::publish, fence); });

    ASSERT_EQ(shop_->push_fully({kField}).fault(), "");

    EXPECT_EQ(shop_->in_redis(kField).count("revoked"), 0U);
}

TEST_F(FullPushTest, AChangeOfAResourceThatIsNotFilledIsNotSeenBeforeTheRest) {
    fill_table(kField, 100);
    shop_->redis.command({"FLUSHALL"});

    shop_->set_and_push(kField, "new", "1");

    EXPECT_EQ(shop_->redis.command({"HLEN", kField}).integer(), 0);
    EXPECT_EQ(shop_->state({kField, "new"}), "pending");
    ASSERT_EQ(shop_->push_fully().fault(), "");
    expect_equal(kField);
    shop_->outbox.drain([] { return false; });
    EXPECT_EQ(shop_->state({kField, "new"}), "applied");
}

TEST_F(FullPushTest, APushThatMeetsTheEndOfAFullPushIsRenderedAgain) {
    shop_->set_and_push(kHash, "a", "1");
    shop_->set(kHash, "a", "2");
    bool filled = false;
    shop_->on_render = [&](std::string_view) {
        if (std::exchange(filled, true)) return;
        shop_->redis.command({"HSET", std::string(kFillsKey), kHash, "another one"});
    };

    EXPECT_EQ(shop_->pusher.push({{kHash, "a"}}).applied, 1U);

    EXPECT_EQ(shop_->in_redis(kHash)["a"], "2");
    EXPECT_EQ(shop_->state({kHash, "a"}), "applied");
}

TEST_F(FullPushTest, APushThatWasRenderedBeforeItBeganIsRefused) {
    shop_->set_and_push(kHash, "revoked", "1");
    const RedisWriter writer(shop_->redis, shop_->scripts, [] { return unix_seconds(now()); });
    const BackfillFence fence = writer.fence();
    const std::vector<Rendered> late = shop_->pusher.read({{kHash, "revoked"}});
    Outcome outcome;
    at_page(1, [&] { outcome = writer.write(late, RedisWriter::Events::publish, fence)[0]; });

    ASSERT_EQ(shop_->push_fully({kHash}).fault(), "");

    EXPECT_EQ(outcome.kind, Outcome::Kind::fenced);
}

TEST_F(FullPushTest, LeavesWhatRedisRefusesToTheOutbox) {
    shop_->set_and_push(kHash, "a", "1");
    shop_->set_and_push(kHash, "b", "1");
    shop_->db.query("UPDATE things SET value = $1 WHERE key = 'a'", {kRefused});
    shop_->redis.command({"DEL", "test:hash:b"});

    EXPECT_EQ(shop_->push_fully({kHash}).fault(), "");

    EXPECT_EQ(shop_->in_redis(kHash)["b"], "1") << "one must not keep the others out";
    EXPECT_EQ(shop_->state({kHash, "a"}), "pending");
    shop_->db.query("UPDATE things SET value = '2' WHERE key = 'a'");
    shop_->outbox.drain([] { return false; });
    EXPECT_EQ(shop_->state({kHash, "a"}), "applied");
    expect_equal(kHash);
}

TEST_F(FullPushTest, MakesDueWhateverIsOpenHoweverMuchItIs) {
    fill_table(kHash, 12000);
    shop_->db.query(
        "INSERT INTO sync_entities (resource, key, revision, unpushed_since, state, attempts,"
        "  next_attempt_at) "
        "SELECT resource, key, nextval('sync_revision'), 1, 'pending', 3, now() + interval '1 hour'"
        " FROM things");

    ASSERT_EQ(shop_->push_fully({kHash}).fault(), "");

    EXPECT_EQ(shop_->db
                  .query("SELECT count(*) FROM sync_entities WHERE state = 'pending'"
                         " AND next_attempt_at <= now() AND attempts = 0")
                  .integer(0, 0),
              12000);
}

TEST_F(FullPushTest, WhatTheDatabaseHasLostBehindTheBackOfTheChangesGoes) {
    shop_->set_and_push(kHash, "a", "1");
    shop_->set_and_push(kHash, "b", "1");
    shop_->db.query("DELETE FROM things WHERE key = 'a'");
    EXPECT_EQ(shop_->push_fully({kHash}).resources[0].removed, 1);
    expect_equal(kHash);
}

TEST_F(FullPushTest, ForgetsWhatWasDeletedLongAgoAndBringsNothingBack) {
    const RedisWriter writer(shop_->redis, shop_->scripts, [] { return unix_seconds(now()); });
    for (const char* resource : {kField, kHash, kPlain}) {
        for (const char* key : {"old", "recent", "back", "there"})
            shop_->set_and_push(resource, key, "1");
        const BackfillFence fence = writer.fence();
        const std::vector<Rendered> late = shop_->pusher.read({{resource, "old"}});
        for (const char* key : {"old", "recent", "back"})
            shop_->set_and_push(resource, key, std::nullopt);
        shop_->db.query(
            "UPDATE sync_entities SET updated_at = now() - interval '8 days' "
            "WHERE key <> 'recent'");
        shop_->set(resource, "back", "2");

        ASSERT_EQ(shop_->push_fully({resource}).fault(), "");

        EXPECT_EQ(shop_->state({resource, "old"}), "") << resource;
        EXPECT_EQ(shop_->state({resource, "recent"}), "applied") << resource;
        EXPECT_EQ(shop_->state({resource, "there"}), "applied") << resource;
        const Outcome outcome = writer.write(late, RedisWriter::Events::publish, fence)[0];
        EXPECT_EQ(outcome.kind, Outcome::Kind::fenced) << resource;
        shop_->pusher.push({{resource, "back"}});
        expect_equal(resource);
        shop_->set_and_push(resource, "old", "3");
        expect_equal(resource);
    }
    EXPECT_EQ(shop_->redis.command({"HEXISTS", revisions_key(kField), "recent"}).integer(), 1);
}

TEST_F(FullPushTest, ForgetsTheRevisionInRedisToo) {
    shop_->set_and_push(kField, "old", "1");
    shop_->set_and_push(kField, "old", std::nullopt);
    shop_->db.query("UPDATE sync_entities SET updated_at = now() - interval '8 days'");

    ASSERT_EQ(shop_->push_fully({kField}).fault(), "");

    EXPECT_EQ(shop_->redis.command({"HEXISTS", revisions_key(kField), "old"}).integer(), 0);
}

}  // namespace
}  // namespace ezapi::sync
