#include "host/redis/breaker.hpp"

#include <gtest/gtest.h>

namespace ezapi::host::redis {
namespace {

using namespace std::chrono_literals;

class BreakerTest : public ::testing::Test {
protected:
    void fall() { EXPECT_TRUE(breaker_.enter(now_).connect_failed(now_)); }

    bool granted() { return breaker_.enter(now_).granted(); }

    double chance_ = 1.0;
    Breaker breaker_{{200ms, 1000ms, 3}, [this] { return chance_; }};
    Breaker::Time now_{};
};

TEST_F(BreakerTest, LetsEverybodyThroughUntilSomethingFails) {
    const auto first = breaker_.enter(now_);
    EXPECT_TRUE(first.granted());
    EXPECT_TRUE(granted());
    EXPECT_FALSE(breaker_.open());
}

TEST_F(BreakerTest, OpensAtOnceWhenNoConnectionCanBeMade) {
    fall();
    EXPECT_TRUE(breaker_.open());
    EXPECT_FALSE(granted());
}

TEST_F(BreakerTest, OpensAfterSeveralUnansweredCallsInARow) {
    EXPECT_FALSE(breaker_.enter(now_).call_failed(now_));
    EXPECT_FALSE(breaker_.enter(now_).call_failed(now_));
    EXPECT_FALSE(breaker_.enter(now_).succeeded());
    EXPECT_FALSE(breaker_.enter(now_).call_failed(now_));
    EXPECT_FALSE(breaker_.enter(now_).call_failed(now_));
    EXPECT_TRUE(breaker_.enter(now_).call_failed(now_));
    EXPECT_TRUE(breaker_.open());
}

TEST_F(BreakerTest, LetsOneProbeThroughAfterThePause) {
    fall();
    now_ += 199ms;
    EXPECT_FALSE(granted());
    now_ += 1ms;
    const auto probe = breaker_.enter(now_);
    EXPECT_TRUE(probe.granted());
    EXPECT_FALSE(granted()) << "one at a time";
}

TEST_F(BreakerTest, ClosesWhenAProbeSucceeds) {
    fall();
    now_ += 200ms;
    EXPECT_TRUE(breaker_.enter(now_).succeeded());
    EXPECT_FALSE(breaker_.open());
    EXPECT_TRUE(granted());
}

TEST_F(BreakerTest, DoublesThePauseUpToItsLimit) {
    fall();
    for (const auto pause : {200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        now_ += pause - 1ms;
        EXPECT_FALSE(granted()) << pause.count();
        now_ += 1ms;
        auto probe = breaker_.enter(now_);
        ASSERT_TRUE(probe.granted()) << pause.count();
        EXPECT_FALSE(probe.connect_failed(now_)) << "the outage does not begin again";
    }
}

TEST_F(BreakerTest, SpreadsProbesByChance) {
    chance_ = 0.0;
    fall();
    now_ += 100ms;
    EXPECT_TRUE(granted());
}

TEST_F(BreakerTest, AProbeWithoutVerdictGivesTheNextOneItsTurn) {
    fall();
    now_ += 200ms;
    { const auto probe = breaker_.enter(now_); }
    EXPECT_TRUE(granted());
}

TEST_F(BreakerTest, CallsThatBeganBeforeTheOutageDoNotProlongIt) {
    auto late = breaker_.enter(now_);
    fall();
    EXPECT_FALSE(late.connect_failed(now_ + 150ms));
    now_ += 200ms;
    EXPECT_TRUE(granted());
}

}  // namespace
}  // namespace ezapi::host::redis
