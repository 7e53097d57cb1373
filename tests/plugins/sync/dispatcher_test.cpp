#include "delivery/dispatcher.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/eventually.hpp"

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;
using tests::eventually;

Entity entity(int number) {
    return {"config:providers", std::to_string(number)};
}

/// Stands for Redis: keeps what was pushed, in rounds that can be held up.
class Recorder {
public:
    void push(const Entities& round, const std::function<void()>& pushed) {
        std::unique_lock lock(mutex_);
        ++begun_;
        released_.wait(lock, [&] { return !held_; });
        rounds_.push_back(round);
        lock.unlock();
        if (!away_) pushed();
    }

    void hold() {
        const std::lock_guard lock(mutex_);
        held_ = true;
    }

    void release() {
        const std::lock_guard lock(mutex_);
        held_ = false;
        released_.notify_all();
    }

    void go_away() { away_ = true; }

    [[nodiscard]] int begun() {
        const std::lock_guard lock(mutex_);
        return begun_;
    }

    [[nodiscard]] std::vector<Entities> rounds() {
        const std::lock_guard lock(mutex_);
        return rounds_;
    }

    [[nodiscard]] Dispatcher::Push callback() {
        return [this](const Entities& round, const std::function<void()>& pushed) {
            push(round, pushed);
        };
    }

private:
    std::mutex mutex_;
    std::condition_variable released_;
    bool held_ = false;
    std::atomic<bool> away_ = false;
    int begun_ = 0;
    std::vector<Entities> rounds_;
};

bool always() {
    return true;
}

TEST(Dispatcher, ReturnsWhenTheEntitiesArePushed) {
    Recorder recorder;
    Dispatcher dispatcher(recorder.callback(), always, {});

    EXPECT_TRUE(dispatcher.deliver({entity(1), entity(2)}, 10s));

    EXPECT_EQ(recorder.rounds(), (std::vector<Entities>{{entity(1), entity(2)}}));
}

TEST(Dispatcher, PushesWhatCameDuringARoundTogether) {
    Recorder recorder;
    recorder.hold();
    Dispatcher dispatcher(recorder.callback(), always, {});
    std::thread first([&] { EXPECT_TRUE(dispatcher.deliver({entity(0)}, 10s)); });
    ASSERT_TRUE(eventually(10s, [&] { return recorder.begun() == 1; }));

    for (int i = 1; i <= 8; ++i) EXPECT_FALSE(dispatcher.deliver({entity(i % 4 + 1)}, 0ms));
    recorder.release();
    first.join();

    ASSERT_TRUE(eventually(10s, [&] { return recorder.rounds().size() == 2; }));
    EXPECT_EQ(recorder.rounds()[1], (Entities{entity(1), entity(2), entity(3), entity(4)}));
}

TEST(Dispatcher, LetsTheCallerGoWhenItsTimeIsUpAndPushesAllTheSame) {
    Recorder recorder;
    recorder.hold();
    Dispatcher dispatcher(recorder.callback(), always, {});

    EXPECT_FALSE(dispatcher.deliver({entity(1)}, 1ms));
    recorder.release();

    EXPECT_TRUE(eventually(10s, [&] { return recorder.rounds().size() == 1; }));
}

TEST(Dispatcher, LetsSmallChangesPassBetweenTheSlicesOfALargeOne) {
    Recorder recorder;
    recorder.hold();
    Dispatcher dispatcher(recorder.callback(), always, {.round = 10});
    Entities large;
    for (int i = 100; i < 200; ++i) large.push_back(entity(i));
    EXPECT_FALSE(dispatcher.deliver(large, 0ms));
    ASSERT_TRUE(eventually(10s, [&] { return recorder.begun() == 1; }));
    EXPECT_FALSE(dispatcher.deliver({entity(1)}, 0ms));
    recorder.release();

    ASSERT_TRUE(eventually(10s, [&] { return recorder.rounds().size() >= 11; }));
    const std::vector<Entities> rounds = recorder.rounds();
    EXPECT_TRUE(std::binary_search(rounds[2].begin(), rounds[2].end(), entity(1)) ||
                std::binary_search(rounds[1].begin(), rounds[1].end(), entity(1)));
}

TEST(Dispatcher, LetsEverybodyGoAtOnceWhenAPushFails) {
    Recorder recorder;
    recorder.go_away();
    Dispatcher dispatcher(recorder.callback(), always, {});
    const auto begin = std::chrono::steady_clock::now();

    EXPECT_FALSE(dispatcher.deliver({entity(1)}, 60s));

    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

TEST(Dispatcher, DoesNotQueueWhatIsNotAdmitted) {
    Recorder recorder;
    Dispatcher dispatcher(recorder.callback(), [] { return false; }, {});

    EXPECT_FALSE(dispatcher.deliver({entity(1)}, 60s));
    dispatcher.close();

    EXPECT_TRUE(recorder.rounds().empty());
}

TEST(Dispatcher, LeavesToTheOutboxWhatItCannotKeep) {
    Recorder recorder;
    Dispatcher dispatcher(recorder.callback(), always, {.round = 10, .waiting = 1});

    EXPECT_FALSE(dispatcher.deliver({entity(1), entity(2)}, 60s));
}

TEST(Dispatcher, TouchesNothingOfItsCreatorOnceClosed) {
    Recorder recorder;
    bool asked = false;
    Dispatcher dispatcher(recorder.callback(),
                          [&] {
                              asked = true;
                              return true;
                          },
                          {});
    dispatcher.close();

    EXPECT_FALSE(dispatcher.deliver({entity(1)}, 60s));

    EXPECT_FALSE(asked);
    EXPECT_TRUE(recorder.rounds().empty());
}

TEST(Dispatcher, PushesEachEntityOfManyThreads) {
    Recorder recorder;
    Dispatcher dispatcher(recorder.callback(), always, {.round = 7});
    std::vector<std::thread> threads;
    std::atomic<int> delivered = 0;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < 50; ++i) {
                if (dispatcher.deliver({entity(thread * 1000 + i)}, 60s)) ++delivered;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    std::set<Entity> pushed;
    for (const Entities& round : recorder.rounds()) {
        EXPECT_LE(round.size(), 7U);
        pushed.insert(round.begin(), round.end());
    }
    EXPECT_EQ(delivered, 400);
    EXPECT_EQ(pushed.size(), 400U);
}

}  // namespace
}  // namespace ezapi::sync
