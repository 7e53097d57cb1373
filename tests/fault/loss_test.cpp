// Redis loses its data, contains older or foreign data, or does not answer.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kFlags = 300;

class Loss : public ::testing::Test {
protected:
    void SetUp() override {
        for (const std::string& why : {PrivatePostgres::missing(), PrivateRedis::missing()}) {
            if (!why.empty()) GTEST_SKIP() << why;
        }
        if (!redis_.controllable()) GTEST_SKIP() << "the Redis server is not ours to break";
        instance_ = std::make_unique<Instance>(
            InstanceOptions{.plugins = {"features", "namespaces", "masters", "keys", "sync"},
                            .redis = redis_.host() + ":" + std::to_string(redis_.port()),
                            .environment = {{"EZ_SYNC_OUTBOX_INTERVAL_SECONDS", "1"}}});
        admin_ = std::make_unique<HttpClient>(instance_->admin());
        for (int i = 0; i < kFlags; ++i) ASSERT_EQ(put(i, 1), 201);
        ASSERT_TRUE(eventually(30s, [&] { return length() == kFlags; }));
        ASSERT_TRUE(eventually(30s, [&] { return is_whole(); }));
    }

    int put(int flag, int value) {
        return admin_->put("/admin/features/f" + std::to_string(flag), {{"value", value}}).status;
    }

    [[nodiscard]] RedisReader reader() const { return RedisReader(redis_.port()); }

    [[nodiscard]] std::int64_t length() const { return reader().length("meta:features"); }

    [[nodiscard]] bool is_whole() const { return reader().field("meta:sync", "epoch").has_value(); }

    /// The lengths of the hash as seen by a reader that polls continuously while Redis loses its
    /// data.
    template <class Lose>
    std::set<std::int64_t> lengths_during(Lose&& lose) {
        std::atomic<bool> done{false};
        std::set<std::int64_t> lengths;
        std::thread watcher([&] {
            while (!done) {
                try {
                    RedisReader redis(redis_.port());
                    while (!done) lengths.insert(redis.length("meta:features"));
                } catch (const std::exception&) {
                    std::this_thread::sleep_for(5ms);
                }
            }
        });
        std::thread writer([&] {
            HttpClient admin = instance_->admin();
            for (int value = 2; !done; ++value)
                (void)admin.put("/admin/features/f" + std::to_string(value % kFlags),
                                {{"value", value}});
        });
        const auto begin = Clock::now();
        lose();
        EXPECT_TRUE(eventually(30s, [&] { return length() == kFlags && is_whole(); }));
        took_ = Clock::now() - begin;
        done = true;
        watcher.join();
        writer.join();
        return lengths;
    }

    void expect_nothing_differs() {
        EXPECT_TRUE(eventually(20s, [&] {
            return admin_->post("/admin/sync/drift", json::object()).json()["found"] == 0;
        }));
    }

    PrivateRedis redis_;
    std::unique_ptr<Instance> instance_;
    std::unique_ptr<HttpClient> admin_;
    std::chrono::duration<double> took_{};
};

TEST_F(Loss, AnEmptiedRedisIsFilledSoonAndNeverSeenHalfFull) {
    std::set<std::int64_t> lengths = lengths_during([&] { reader().command({"FLUSHALL"}); });
    lengths.erase(0);
    EXPECT_EQ(lengths, std::set<std::int64_t>{kFlags});
    EXPECT_LT(took_.count(), 5.0);
    expect_nothing_differs();
}

TEST_F(Loss, ARedisThatRestartedWithoutItsDataIsFilledSoonAndNeverSeenHalfFull) {
    std::set<std::int64_t> lengths = lengths_during([&] { redis_.restart(); });
    lengths.erase(0);
    EXPECT_EQ(lengths, std::set<std::int64_t>{kFlags});
    EXPECT_LT(took_.count(), 5.0);
    expect_nothing_differs();
}

TEST_F(Loss, AnOlderCopyIsNoticedAndBroughtUpToDate) {
    const HttpAnswer master = admin_->post("/admin/masters", {{"name", "acme"}});
    ASSERT_EQ(master.status, 201) << master.body;
    const std::string keys = "/admin/masters/" + master.json()["id"].dump() + "/keys";
    const json key = admin_->post(keys + "?wait=applied", {{"name", "laptop"}}).json();
    ASSERT_TRUE(key.contains("id")) << key;
    const std::vector<std::string> tokens = reader().keys("auth:token:*");
    ASSERT_EQ(tokens.size(), 1U);
    reader().command({"SAVE"});
    ASSERT_EQ(admin_->remove(keys + "/" + key["id"].dump() + "?wait=applied").status, 204);
    ASSERT_EQ(put(0, 7), 200);
    ASSERT_EQ(admin_->remove("/admin/features/f1").status, 204);

    redis_.restart();  // from what was saved

    EXPECT_TRUE(eventually(5s, [&] {
        return length() == kFlags - 1 && reader().keys("auth:token:*").empty() &&
               json::parse(reader().field("meta:features", "f0").value_or("{}"))["value"] == 7;
    })) << "a revoked token was valid for too long";
    expect_nothing_differs();
}

TEST_F(Loss, WhatAnotherDatabaseHasFilledIsReplaced) {
    Instance other(InstanceOptions{.plugins = {"features", "sync"},
                                   .redis = redis_.host() + ":" + std::to_string(redis_.port())});
    other.stop();
    instance_->stop();
    instance_->start();
    EXPECT_TRUE(eventually(30s, [&] { return length() == kFlags; }));
    Instance stranger(
        InstanceOptions{.plugins = {"features", "sync"},
                        .redis = redis_.host() + ":" + std::to_string(redis_.port())});
    instance_->kill();
    EXPECT_TRUE(eventually(5s, [&] { return length() == 0 && is_whole(); }))
        << "flags of the first database are left";
}

TEST_F(Loss, AHangingRedisHoldsNobodyUp) {
    redis_.pause();
    for (int i = 0; i < 10; ++i) {
        auto begin = Clock::now();
        EXPECT_EQ(put(i, 5), 200);
        EXPECT_LT(Clock::now() - begin, 3s);
        begin = Clock::now();
        EXPECT_EQ(admin_->get("/admin/sync").status, 200);
        EXPECT_LT(Clock::now() - begin, 3s);
        EXPECT_EQ(instance_->client().get("/health/ready").status, 200);
    }
    redis_.resume();
    EXPECT_TRUE(eventually(5s, [&] {
        for (int i = 0; i < 10; ++i) {
            const auto text = reader().field("meta:features", "f" + std::to_string(i));
            if (!text || json::parse(*text)["value"] != 5) return false;
        }
        return true;
    }));
}

}  // namespace
}  // namespace ezapi::tests
