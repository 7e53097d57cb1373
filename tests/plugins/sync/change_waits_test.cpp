// Waiting for changes without holding a thread.
#include "delivery/change_waits.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "ezapi/error.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;
using State = ChangeWaits::State;

/// A database of states that the test sets.
class WaitsTest : public ::testing::Test {
protected:
    void set(std::int64_t revision, State state) {
        const std::lock_guard lock(mutex_);
        states_[revision] = state;
    }

    std::future<State> add(ChangeWaits& waits,
                           std::int64_t revision,
                           std::chrono::milliseconds limit) {
        auto promise = std::make_shared<std::promise<State>>();
        EXPECT_TRUE(
            waits.add(revision, limit, [promise](State state) { promise->set_value(state); }));
        return promise->get_future();
    }

    ChangeWaits::Ask ask() {
        return [this](const std::vector<std::int64_t>& revisions) {
            ++asked_;
            most_asked_ = std::max(most_asked_.load(), revisions.size());
            if (away_) throw Error(EZ_UNAVAILABLE, "the database is away");
            const std::lock_guard lock(mutex_);
            return states_;
        };
    }

    std::mutex mutex_;
    std::map<std::int64_t, State> states_;
    std::atomic<int> asked_{0};
    std::atomic<size_t> most_asked_{0};
    std::atomic<bool> away_{false};
};

TEST_F(WaitsTest, ToldAtOnceWhatIsKnownAlready) {
    set(1, State::applied);
    set(2, State::dead);
    ChangeWaits waits(ask());
    EXPECT_EQ(add(waits, 1, 30s).get(), State::applied);
    EXPECT_EQ(add(waits, 2, 30s).get(), State::dead);
}

TEST_F(WaitsTest, ToldAsSoonAsSomethingWasPushed) {
    ChangeWaits waits(ask());
    std::future<State> told = add(waits, 1, 30s);
    ASSERT_TRUE(tests::eventually(10s, [&] { return asked_ > 0; }));
    set(1, State::applied);
    waits.look();
    EXPECT_EQ(told.get(), State::applied);
}

TEST_F(WaitsTest, HearsOfWhatAnotherInstanceHasPushed) {
    ChangeWaits waits(ask());
    std::future<State> told = add(waits, 1, 30s);
    set(1, State::applied);
    EXPECT_EQ(told.get(), State::applied) << "nobody called look()";
}

TEST_F(WaitsTest, GivesUpWhenTheTimeIsOver) {
    ChangeWaits waits(ask());
    EXPECT_EQ(add(waits, 1, 30ms).get(), State::pending);
    EXPECT_EQ(add(waits, 1, 0ms).get(), State::pending);
}

TEST_F(WaitsTest, SurvivesADatabaseThatIsAway) {
    away_ = true;
    ChangeWaits waits(ask());
    std::future<State> told = add(waits, 1, 30s);
    ASSERT_TRUE(tests::eventually(10s, [&] { return asked_ > 1; }));
    set(1, State::applied);
    away_ = false;
    EXPECT_EQ(told.get(), State::applied);
}

TEST_F(WaitsTest, AsksForAllWhoWaitAtOnce) {
    ChangeWaits waits(ask());
    std::vector<std::future<State>> told;
    for (std::int64_t revision = 1; revision <= 50; ++revision)
        told.push_back(add(waits, revision, 30s));
    ASSERT_TRUE(tests::eventually(10s, [&] { return most_asked_ == 50; }));
    for (std::int64_t revision = 1; revision <= 50; ++revision) set(revision, State::applied);
    waits.look();
    for (auto& each : told) EXPECT_EQ(each.get(), State::applied);
}

TEST_F(WaitsTest, LetsEverybodyGoAtTheEndAndTakesNoMoreThanAllowed) {
    ChangeWaits waits(ask(), 1);
    std::future<State> told = add(waits, 1, 30s);
    EXPECT_FALSE(waits.add(2, 30s, [](State) {}));
    waits.close();
    EXPECT_EQ(told.get(), State::pending);
    EXPECT_FALSE(waits.add(3, 30s, [](State) {}));
}

}  // namespace
}  // namespace ezapi::sync
