#include "ledger/breaker.hpp"

#include <gtest/gtest.h>

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToItsCap) {
    EXPECT_EQ(backoff(1, 0.5), 100ms);
    EXPECT_EQ(backoff(2, 0.5), 200ms);
    EXPECT_EQ(backoff(3, 0.5), 400ms);
    EXPECT_EQ(backoff(7, 0.5), 5000ms);
    EXPECT_EQ(backoff(1000000, 0.5), 5000ms);
}

TEST(Backoff, SpreadsOverTheWholePause) {
    EXPECT_EQ(backoff(4, 0.0), 0ms);
    EXPECT_EQ(backoff(4, 0.25), 400ms);
    EXPECT_LT(backoff(4, 0.999), 1600ms);
}

class BreakerTest : public ::testing::Test {
protected:
    Breaker breaker_{[] { return 0.5; }};
    Breaker::Clock::time_point now_{};
};

TEST_F(BreakerTest, AdmitsEverybodyWhileRedisIsThere) {
    EXPECT_TRUE(breaker_.admits(now_));
    EXPECT_TRUE(breaker_.admits(now_));
    EXPECT_FALSE(breaker_.away());
}

TEST_F(BreakerTest, AdmitsOneProbeAfterEachPause) {
    breaker_.failed(now_);

    EXPECT_FALSE(breaker_.admits(now_ + 99ms));
    EXPECT_TRUE(breaker_.admits(now_ + 100ms));
    EXPECT_FALSE(breaker_.admits(now_ + 100ms));
    EXPECT_TRUE(breaker_.admits(now_ + 200ms));
}

TEST_F(BreakerTest, ProbesLessOftenTheLongerRedisIsAway) {
    for (int i = 0; i < 5; ++i) breaker_.failed(now_);

    EXPECT_FALSE(breaker_.admits(now_ + 1599ms));
    EXPECT_TRUE(breaker_.admits(now_ + 1600ms));
}

TEST_F(BreakerTest, AdmitsEverybodyOnceAProbeSucceeded) {
    breaker_.failed(now_);

    EXPECT_TRUE(breaker_.succeeded());
    EXPECT_FALSE(breaker_.succeeded());
    EXPECT_TRUE(breaker_.admits(now_));
    EXPECT_TRUE(breaker_.admits(now_));
}

}  // namespace
}  // namespace ezapi::sync
