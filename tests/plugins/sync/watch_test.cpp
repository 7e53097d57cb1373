// What the watch does at its ticks: a Redis that lost or never had its data is filled, and readers
// learn how far it has come.
#include <gmock/gmock.h>

#include "tests/support/eventually.hpp"
#include "workshop.hpp"

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;

class WatchTest : public WorkshopTest {
protected:
    void tick() const {
        shop_->watch.tick([] { return false; });
    }

    [[nodiscard]] std::string meta(const std::string& field) const {
        return std::string(shop_->redis.command({"HGET", std::string(kMetaKey), field}).text());
    }
};

TEST_F(WatchTest, FillsARedisThatHasNothing) {
    shop_->set(kField, "a", "1");

    tick();

    EXPECT_EQ(shop_->in_redis(kField)["a"], "1");
    EXPECT_EQ(meta("epoch"), StateRow(shop_->db).read().epoch);
    EXPECT_EQ(meta("instance"), "instance-of-the-test");
}

TEST_F(WatchTest, FillsARedisThatWasFlushed) {
    shop_->set_and_push(kField, "a", "1");
    tick();
    shop_->redis.command({"FLUSHALL"});

    tick();

    EXPECT_EQ(shop_->in_redis(kField)["a"], "1");
    EXPECT_NE(meta("epoch"), "");
}

TEST_F(WatchTest, FillsAHashThatIsGoneInOneStep) {
    for (const char* key : {"a", "b", "c"}) shop_->set_and_push(kField, key, "1");
    tick();
    shop_->redis.command({"DEL", kField});
    shop_->set_and_push(kField, "d", "1");
    EXPECT_EQ(shop_->redis.command({"EXISTS", kField}).integer(), 0) << "readers see a part of it";

    tick();

    EXPECT_EQ(shop_->in_redis(kField).size(), 4U);
    EXPECT_NE(meta("epoch"), "");
}

/// Something else wrote a key of another type in the place of one of ours: any of them.
TEST_F(WatchTest, BringsBackEveryKeyThatHoldsAnotherType) {
    for (const char* key : {"a", "b"}) shop_->set_and_push(kField, key, "1");
    shop_->set_and_push(kHash, "h", "1");
    tick();
    const auto keys = [] {
        std::vector<std::string> out;
        for (const std::string_view key : {kMetaKey, kEpochsKey, kFillsKey, kVoidKey})
            out.emplace_back(key);
        for (const char* resource : {kField, kHash}) {
            out.push_back(revisions_key(resource));
            out.push_back(marker_key(resource));
        }
        return out;
    }();
    int value = 1;
    for (const std::string& key : keys) {
        for (const Words& other : {Words{"SET", key, "boo"},
                                   Words{"RPUSH", key, "boo"},
                                   Words{"SADD", key, "boo"},
                                   Words{"HSET", key, "boo", "1"}}) {
            // What has the right type has a wrong content at most, which comparisons find.
            const bool is_marker = key.starts_with("sync:full:");
            if (other[0] == (is_marker ? "SET" : "HSET")) continue;
            shop_->redis.command({"DEL", key});
            shop_->redis.command(other);

            tick();
            shop_->set_and_push(kField, "a", std::to_string(++value));
            tick();

            const std::string what = other[0] + " " + key;
            EXPECT_EQ(shop_->in_redis(kField)["a"], std::to_string(value)) << what;
            EXPECT_EQ(shop_->in_redis(kField)["b"], "1") << what;
            EXPECT_EQ(meta("epoch"), StateRow(shop_->db).read().epoch) << what;
        }
    }
}

TEST_F(WatchTest, TakesMetaSyncAwayWhileItFills) {
    shop_->set_and_push(kHash, "a", "1");
    tick();
    ASSERT_NE(meta("epoch"), "");
    shop_->redis.command({"HDEL", std::string(kFillsKey), kHash});
    std::optional<std::string> meanwhile;
    shop_->on_scan = [&](std::string_view) { meanwhile = meta("epoch"); };

    tick();

    EXPECT_EQ(meanwhile, "");
    EXPECT_NE(meta("epoch"), "");
}

TEST_F(WatchTest, PublishesToTheServerThatItLookedAtOnly) {
    tick();
    const std::string epoch = StateRow(shop_->db).read().epoch;
    const auto publish = [&](const std::string& run_id) {
        return shop_->redis
            .run(shop_->scripts.publish.script(),
                 {std::string(kMetaKey), std::string(kEpochsKey)},
                 {epoch, "77", "1", "somebody", "", run_id})
            .integer();
    };

    EXPECT_EQ(publish("0000000000000000000000000000000000000000"), 0);
    EXPECT_NE(meta("revision"), "77");
    EXPECT_EQ(publish(StateRow(shop_->db).read().redis_run_id), 1);
    EXPECT_EQ(meta("revision"), "77");
}

TEST_F(WatchTest, PublishesHowFarTheDatabaseHasCome) {
    tick();
    const std::int64_t revision = shop_->set_and_push(kField, "a", "1");

    EXPECT_TRUE(tests::eventually(10s, [&] {
        tick();
        return meta("revision") == std::to_string(revision);
    }));
    EXPECT_EQ(StateRow(shop_->db).read().published_revision, revision);
}

TEST_F(WatchTest, DoesNotPushWhatIsThere) {
    shop_->set_and_push(kField, "a", "1");
    tick();
    shop_->on_scan = [](std::string_view) { FAIL() << "nothing had to be read"; };

    tick();
    tick();
}

TEST_F(WatchTest, FillsARedisThatWentBackToAnOlderState) {
    tick();
    shop_->set_and_push(kField, "a", "1");
    ASSERT_TRUE(tests::eventually(10s, [&] {
        tick();
        return StateRow(shop_->db).read().published_revision > 0;
    }));
    shop_->redis.command({"HSET", std::string(kMetaKey), "revision", "0"});
    shop_->redis.command({"HDEL", kField, "a"});

    tick();

    EXPECT_EQ(shop_->in_redis(kField)["a"], "1");
}

TEST_F(WatchTest, RaisesTheRevisionsOfADatabaseThatWasRestored) {
    tick();
    shop_->redis.command({"HSET", std::string(kMetaKey), "revision", "5000"});
    shop_->redis.command({"HSET", revisions_key(kField), "a", "4990"});
    const std::string epoch = StateRow(shop_->db).read().epoch;

    tick();

    EXPECT_GT(shop_->set_and_push(kField, "a", "1"), 5000);
    EXPECT_EQ(shop_->in_redis(kField)["a"], "1");
    EXPECT_NE(StateRow(shop_->db).read().epoch, epoch);
    EXPECT_EQ(meta("epoch"), StateRow(shop_->db).read().epoch);
}

TEST_F(WatchTest, TheDigestIsThatOfTheEntitiesThatRedisHolds) {
    shop_->set_and_push(kField, "a", "1");
    const std::int64_t second = shop_->set_and_push(kField, "b", "1");
    const std::int64_t deleted = shop_->set_and_push(kHash, "c", std::nullopt);

    tick();

    const Rows rows = shop_->db.query(
        "SELECT to_hex((('x' || left(md5($1 || E'\\na\\n' || (SELECT revision FROM sync_entities "
        "WHERE key = 'a')), 16))::bit(64) # ('x' || left(md5($1 || E'\\nb\\n' || $2), 16))::bit(64)"
        ")::bigint)",
        {kField, second});
    std::string hex(rows.text(0, 0));
    hex.insert(0, 16 - hex.size(), '0');
    EXPECT_EQ(meta("digest"), std::to_string(deleted) + "-" + hex);
}

}  // namespace
}  // namespace ezapi::sync
