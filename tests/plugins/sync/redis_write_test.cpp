// What the scripts promise, against a real Redis: never back, never half, one by one.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/support/eventually.hpp"
#include "workshop.hpp"

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;
using tests::eventually;

constexpr RedisWriter::Events kQuiet = RedisWriter::Events::withhold;

Rendered thing(Layout layout, std::int64_t revision, std::optional<std::string> value) {
    Rendered out;
    out.entity = {layout == Layout::field  ? kField
                  : layout == Layout::hash ? kHash
                                           : kPlain,
                  "one"};
    out.layout = layout;
    out.revision = revision;
    out.present = value.has_value();
    if (value) {
        out.value = value_json(*value);
        out.fields = {{"value", *value}};
    }
    return out;
}

std::string resource_of(Layout layout) {
    return thing(layout, 0, std::nullopt).entity.resource;
}

class RedisWrite : public WorkshopTest, public ::testing::WithParamInterface<Layout> {
protected:
    Outcome write(std::int64_t revision, std::optional<std::string> value) {
        return shop_->pusher.write({thing(GetParam(), revision, std::move(value))}, kQuiet)[0];
    }

    [[nodiscard]] std::map<std::string, std::string> held() const {
        return shop_->in_redis(resource_of(GetParam()));
    }
};

INSTANTIATE_TEST_SUITE_P(Layouts,
                         RedisWrite,
                         ::testing::Values(Layout::field, Layout::hash, Layout::plain_hash),
                         [](const auto& layout) {
                             return layout.param == Layout::field  ? "Field"
                                    : layout.param == Layout::hash ? "Hash"
                                                                   : "PlainHash";
                         });

TEST_P(RedisWrite, RefusesAnOlderRevisionAndTellsWhichItHolds) {
    EXPECT_EQ(write(10, "new").kind, Outcome::Kind::applied);

    const Outcome late = write(9, "old");

    EXPECT_EQ(late.kind, Outcome::Kind::superseded);
    EXPECT_EQ(late.stored, 10);
    EXPECT_EQ(held()["one"], "new");
}

TEST_P(RedisWrite, TellsRevisionsApartThatADoubleCannot) {
    EXPECT_EQ(write(9007199254740993, "new").kind, Outcome::Kind::applied);
    EXPECT_EQ(write(9007199254740992, "old").kind, Outcome::Kind::superseded);
    EXPECT_EQ(write(9007199254740994, "newest").kind, Outcome::Kind::applied);
    EXPECT_EQ(held()["one"], "newest");
}

TEST_P(RedisWrite, AcceptsTheSameRevisionAgain) {
    EXPECT_EQ(write(5, "a").kind, Outcome::Kind::applied);
    EXPECT_EQ(write(5, "a").kind, Outcome::Kind::applied);
}

TEST_P(RedisWrite, DoesNotBringBackWhatWasDeleted) {
    EXPECT_EQ(write(5, "a").kind, Outcome::Kind::applied);
    EXPECT_EQ(write(6, std::nullopt).kind, Outcome::Kind::applied);

    EXPECT_EQ(write(5, "a").kind, Outcome::Kind::superseded);

    EXPECT_TRUE(held().empty());
}

TEST_P(RedisWrite, LetsADeletedEntityBeCreatedAgain) {
    EXPECT_EQ(write(6, std::nullopt).kind, Outcome::Kind::applied);
    EXPECT_EQ(write(7, "again").kind, Outcome::Kind::applied);
    EXPECT_EQ(held()["one"], "again");
}

TEST_P(RedisWrite, NeverGoesBackUnderFortyRacingWriters) {
    constexpr int kWriters = 40;
    constexpr int kRounds = 25;
    std::atomic<bool> done = false;
    std::atomic<int> regressions = 0;
    std::thread monitor([&] {
        int last = 0;
        while (!done) {
            const auto now = held();
            const auto one = now.find("one");
            const int seen = one == now.end() || one->second.empty() ? 0 : std::stoi(one->second);
            if (seen < last) ++regressions;
            last = std::max(last, seen);
        }
    });
    std::vector<std::thread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
        writers.emplace_back([&, writer] {
            std::vector<int> revisions;
            for (int round = 0; round < kRounds; ++round)
                revisions.push_back(1 + round * kWriters + writer);
            std::shuffle(revisions.begin(), revisions.end(), std::mt19937(std::random_device{}()));
            for (const int revision : revisions) (void)write(revision, std::to_string(revision));
        });
    }
    for (std::thread& writer : writers) writer.join();
    done = true;
    monitor.join();

    EXPECT_EQ(regressions, 0);
    EXPECT_EQ(held()["one"], std::to_string(kWriters * kRounds));
}

class RedisKeys : public WorkshopTest {};

TEST_F(RedisKeys, FieldsThatAreAbsentNowVanish) {
    Rendered full = thing(Layout::hash, 1, "a");
    full.fields.emplace_back("ip_allow", "[]");
    (void)shop_->pusher.write({full}, kQuiet);

    (void)shop_->pusher.write({thing(Layout::hash, 2, "b")}, kQuiet);

    EXPECT_EQ(shop_->redis.command({"HLEN", "test:hash:one"}).integer(), 2);
    EXPECT_EQ(shop_->redis.command({"HGET", "test:hash:one", "rev"}).text(), "2");
}

TEST_F(RedisKeys, APlainHashHoldsNothingOfOurs) {
    (void)shop_->pusher.write({thing(Layout::plain_hash, 1, "a")}, kQuiet);

    EXPECT_EQ(shop_->redis.command({"HLEN", "test:one"}).integer(), 1);
}

TEST_F(RedisKeys, ATombstoneOfAHashRunsOutAfterADay) {
    (void)shop_->pusher.write({thing(Layout::hash, 3, std::nullopt)}, kQuiet);

    const std::int64_t seconds = shop_->redis.command({"TTL", tomb_key(kHash, "one")}).integer();
    EXPECT_GT(seconds, 86000);
    EXPECT_LE(seconds, 86400);
}

TEST_F(RedisKeys, AFaultOfOneEntityIsItsOwn) {
    shop_->redis.command({"SET", revisions_key(kField), "not a hash"});

    const std::vector<Outcome> outcomes =
        shop_->pusher.write({thing(Layout::field, 1, "a"), thing(Layout::hash, 1, "a")}, kQuiet);

    EXPECT_EQ(outcomes[0].kind, Outcome::Kind::failed);
    EXPECT_THAT(outcomes[0].fault, ::testing::HasSubstr("WRONGTYPE"));
    EXPECT_EQ(outcomes[1].kind, Outcome::Kind::applied);
}

TEST_F(RedisKeys, ManyHashesFareEachByItself) {
    std::vector<Rendered> entities;
    for (int i = 0; i < 200; ++i) {
        Rendered each = thing(Layout::hash, 10 + i, "v" + std::to_string(i));
        each.entity.key = std::to_string(1000 + i);
        if (i % 7 == 0) each.present = false;
        entities.push_back(std::move(each));
    }
    entities[50].fault = "cannot be rendered";
    // More words than Lua hands on to one command.
    for (int i = 0; i < 5000; ++i) entities[100].fields.emplace_back(std::to_string(i), "");
    shop_->redis.command({"LPUSH", tomb_key(kHash, "1101"), "not a revision"});
    shop_->redis.command({"HSET", "test:hash:1150", "rev", "9000"});

    const std::vector<Outcome> outcomes = shop_->pusher.write(entities, kQuiet);

    ASSERT_EQ(outcomes.size(), entities.size());
    const auto held = shop_->in_redis(kHash);
    for (size_t i = 0; i < outcomes.size(); ++i) {
        const std::string key = entities[i].entity.key;
        if (i == 50) {
            EXPECT_EQ(outcomes[i].fault, "cannot be rendered");
        } else if (i == 100) {
            EXPECT_THAT(outcomes[i].fault, ::testing::HasSubstr("too many"));
        } else if (i == 150) {
            EXPECT_EQ(outcomes[i].kind, Outcome::Kind::superseded);
            EXPECT_EQ(outcomes[i].stored, 9000);
        } else {
            EXPECT_EQ(outcomes[i].kind, Outcome::Kind::applied) << key;
            const auto found = held.find(key);
            EXPECT_EQ(found == held.end() ? "" : found->second,
                      i % 7 == 0 ? "" : "v" + std::to_string(i));
        }
    }
}

TEST_F(RedisKeys, AFieldThatIsNotOursVanishes) {
    (void)shop_->pusher.write({thing(Layout::hash, 1, "a")}, kQuiet);
    shop_->redis.command({"HSET", "test:hash:one", "theirs", "x"});

    (void)shop_->pusher.write({thing(Layout::hash, 2, "b")}, kQuiet);

    EXPECT_EQ(shop_->redis.command({"HGETALL", "test:hash:one"}).size(), 4U);
    EXPECT_EQ(shop_->redis.command({"HGET", "test:hash:one", "value"}).text(), "b");
}

TEST_F(RedisKeys, AHashThatIsGoneIsNotBegunAnew) {
    ASSERT_EQ(shop_->pusher.write({thing(Layout::field, 1, "a")}, kQuiet)[0].kind,
              Outcome::Kind::applied);
    shop_->redis.command({"DEL", kField});

    EXPECT_EQ(shop_->pusher.write({thing(Layout::field, 2, "b")}, kQuiet)[0].kind,
              Outcome::Kind::fenced);

    EXPECT_EQ(shop_->redis.command({"EXISTS", kField}).integer(), 0);
}

TEST_F(RedisKeys, AHashThatWasEmptiedFieldByFieldIsFilledAgain) {
    (void)shop_->pusher.write({thing(Layout::field, 1, "a")}, kQuiet);
    (void)shop_->pusher.write({thing(Layout::field, 2, std::nullopt)}, kQuiet);

    EXPECT_EQ(shop_->pusher.write({thing(Layout::field, 3, "b")}, kQuiet)[0].kind,
              Outcome::Kind::applied);

    EXPECT_EQ(shop_->in_redis(kField)["one"], "b");
}

TEST_F(RedisKeys, AForeignKeyInTheWayIsReplaced) {
    shop_->redis.command({"SET", "test:hash:one", "somebody's"});

    EXPECT_EQ(shop_->pusher.write({thing(Layout::hash, 1, "a")}, kQuiet)[0].kind,
              Outcome::Kind::applied);
}

TEST_F(RedisKeys, ScriptsThatTheServerForgotAreLoadedAgain) {
    (void)shop_->pusher.write({thing(Layout::field, 1, "a")}, kQuiet);
    shop_->redis.command({"SCRIPT", "FLUSH"});

    const std::vector<Outcome> outcomes =
        shop_->pusher.write({thing(Layout::field, 2, "b"), thing(Layout::hash, 2, "b")}, kQuiet);

    EXPECT_EQ(outcomes[0].kind, Outcome::Kind::applied);
    EXPECT_EQ(outcomes[1].kind, Outcome::Kind::applied);
}

TEST_F(RedisKeys, AnAppliedChangeIsAnnouncedAndARefusedOneIsNot) {
    std::mutex mutex;
    std::vector<std::string> messages;
    const auto count = [&] {
        const std::lock_guard lock(mutex);
        return messages.size();
    };
    shop_->subscribe(std::string(kRefreshChannel), [&](std::string message) {
        const std::lock_guard lock(mutex);
        messages.push_back(std::move(message));
    });
    ASSERT_TRUE(eventually(10s, [&] {
        return shop_->redis.command({"PUBLISH", std::string(kRefreshChannel), "ready"}).integer() >
               0;
    }));
    const auto announce = RedisWriter::Events::publish;

    (void)shop_->pusher.write({thing(Layout::hash, 7, "a")}, announce);
    (void)shop_->pusher.write({thing(Layout::hash, 6, "late")}, announce);
    (void)shop_->pusher.write({thing(Layout::field, 8, "b")}, announce);

    ASSERT_TRUE(eventually(10s, [&] { return count() >= 3; }));
    const Json first = Json::parse(messages[1]);
    EXPECT_EQ(first["resource"], kHash);
    EXPECT_EQ(first["version"], 7);
    EXPECT_EQ(first["active_key"], "test:hash:one");
    EXPECT_TRUE(first["timestamp"].is_number_integer());
    EXPECT_EQ(Json::parse(messages[2])["version"], 8);
}

}  // namespace
}  // namespace ezapi::sync
