// The process crashes between the commit of a change and its delivery, at each step of the push,
// and nothing is lost.
#include <gtest/gtest.h>

#include "tests/fault/breakable.hpp"
#include "tests/support/private_redis.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Steps : public ::testing::Test {
protected:
    void SetUp() override {
        for (const std::string& why : {PrivatePostgres::missing(), PrivateRedis::missing()}) {
            if (!why.empty()) GTEST_SKIP() << why;
        }
        instance_ = std::make_unique<Breakable>(
            InstanceOptions{.plugins = {"features", "namespaces", "sync"},
                            .redis = redis_.host() + ":" + std::to_string(redis_.port())});
        ASSERT_TRUE(eventually(30s, [&] { return is_whole(); }));
        ASSERT_EQ(put(1), 201);
        ASSERT_TRUE(eventually(10s, [&] { return nothing_waits(); }));
    }

    /// 0: no answer.
    int put(int value) const {
        try {
            HttpClient admin(instance_->operator->()->port(), kAdminToken, 10s);
            return admin.put("/admin/features/beta", {{"value", value}}).status;
        } catch (const std::exception&) {
            return 0;
        }
    }

    [[nodiscard]] RedisReader reader() const { return RedisReader(redis_.port()); }

    [[nodiscard]] bool is_whole() const { return reader().field("meta:sync", "epoch").has_value(); }

    [[nodiscard]] int flag() const {
        const auto text = reader().field("meta:features", "beta");
        return text ? json::parse(*text).at("value").get<int>() : 0;
    }

    /// Ensures that the next step belongs to the next push.
    [[nodiscard]] bool nothing_waits() const {
        HttpClient admin = (*instance_)->admin();
        return admin.get("/admin/sync").json()["outbox"]["pending"] == 0 && instance_->is_idle();
    }

    PrivateRedis redis_;
    std::unique_ptr<Breakable> instance_;
};

TEST_F(Steps, OfAPushLoseNothing) {
    int value = 1;
    for (const char* step : {"committed", "rendered", "written", "noted"}) {
        instance_->at(std::string("kill ") + step);
        ++value;
        (void)put(value);
        ASSERT_TRUE(instance_->reached()) << step;

        instance_->start_again();

        EXPECT_TRUE(eventually(10s, [&] { return flag() == value; }))
            << step << ": Redis holds " << flag() << ", not " << value;
        ASSERT_TRUE(eventually(10s, [&] { return nothing_waits(); })) << step;
    }
}

TEST_F(Steps, OfADeletionBringNothingBack) {
    for (const char* step : {"committed", "rendered", "written", "noted"}) {
        instance_->at(std::string("kill ") + step);
        try {
            HttpClient admin((*instance_)->port(), kAdminToken, 10s);
            (void)admin.remove("/admin/features/beta");
        } catch (const std::exception&) {
            // It was killed.
        }
        ASSERT_TRUE(instance_->reached()) << step;

        instance_->start_again();

        EXPECT_TRUE(eventually(10s, [&] { return flag() == 0; })) << step;
        ASSERT_TRUE(eventually(10s, [&] { return nothing_waits(); })) << step;
        EXPECT_EQ(flag(), 0) << step;
        ASSERT_EQ(put(1), 201) << step;
        ASSERT_TRUE(eventually(10s, [&] { return flag() == 1 && nothing_waits(); })) << step;
    }
}

TEST_F(Steps, OfAFullPushLoseNothing) {
    int value = 1;
    for (const char* step :
         {"looked", "marked", "page", "filled", "completed", "full push noted", "published"}) {
        instance_->at(std::string("kill ") + step);
        reader().command({"FLUSHALL"});
        ASSERT_TRUE(instance_->reached()) << step;
        EXPECT_FALSE(is_whole() && flag() != value) << step;

        instance_->start_again();

        EXPECT_TRUE(eventually(15s, [&] { return is_whole() && flag() == value; })) << step;
        ASSERT_EQ(put(++value), 200) << step;
        EXPECT_TRUE(eventually(10s, [&] { return flag() == value; })) << step;
    }
}

}  // namespace
}  // namespace ezapi::tests
