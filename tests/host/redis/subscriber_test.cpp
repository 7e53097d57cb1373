#include <future>
#include <mutex>

#include "tests/host/redis/client_fixture.hpp"

namespace ezapi::host::redis {
namespace {

/// Collects messages; freed by the client.
struct Inbox {
    std::mutex mutex;
    std::vector<std::string> messages;
    std::function<void()> on_message;
    int* freed = nullptr;

    size_t size() {
        const std::lock_guard lock(mutex);
        return messages.size();
    }
};

void receive(void* user, ez_str channel, ez_str payload) noexcept {
    auto* inbox = static_cast<Inbox*>(user);
    {
        const std::lock_guard lock(inbox->mutex);
        inbox->messages.push_back(std::string(view(channel)) + "=" + std::string(view(payload)));
    }
    if (inbox->on_message) inbox->on_message();
}

void count_free(void* user) noexcept {
    auto* inbox = static_cast<Inbox*>(user);
    if (inbox->freed != nullptr) ++*inbox->freed;
}

class SubscriberTest : public ClientTest {
protected:
    void TearDown() override { client_.reset(); }

    void listen(const std::string& owner, const std::string& channel, Inbox& inbox) {
        client_->subscribe(owner, channel, receive, &inbox, count_free);
    }

    int64_t publish(const std::string& channel, const std::string& text) {
        try {
            return client_->command({"PUBLISH", channel, text}).integer;
        } catch (const Error&) {
            return 0;  // unreachable at the moment
        }
    }

    /// Publishes until a subscriber receives it.
    bool heard(const std::string& channel, const std::string& text) {
        return tests::eventually(5s, [&] { return publish(channel, text) > 0; });
    }

    Inbox inbox_;
    Inbox second_;
};

TEST_F(SubscriberTest, DeliversMessagesOfActiveSubscriptionsInOrder) {
    listen("sync", "ch", inbox_);
    EXPECT_EQ(publish("ch", "early"), 0);
    client_->activate("sync");
    ASSERT_TRUE(heard("ch", "0"));
    for (const char* text : {"1", "2", "3"}) publish("ch", text);
    publish("other", "x");
    EXPECT_TRUE(tests::eventually(5s, [&] { return inbox_.size() == 4; }));
    EXPECT_THAT(inbox_.messages, testing::ElementsAre("ch=0", "ch=1", "ch=2", "ch=3"));
}

TEST_F(SubscriberTest, SubscribesAnewAfterARestart) {
    if (!redis().controllable()) GTEST_SKIP() << "needs a server that it may stop";
    listen("sync", "ch", inbox_);
    client_->activate("sync");
    ASSERT_TRUE(heard("ch", "before"));
    EXPECT_TRUE(tests::eventually(5s, [&] { return inbox_.size() == 1; }));
    redis().restart();
    ASSERT_TRUE(heard("ch", "after"));
    EXPECT_TRUE(tests::eventually(5s, [&] { return inbox_.size() == 2; }));
    EXPECT_EQ(inbox_.messages.back(), "ch=after");
}

TEST_F(SubscriberTest, NoticesAServerThatFellSilent) {
    if (!redis().controllable()) GTEST_SKIP() << "needs a server that it may stop";
    open([](Options& options) { options.idle_check = 50ms, options.timeout = 100ms; });
    listen("sync", "ch", inbox_);
    client_->activate("sync");
    ASSERT_TRUE(heard("ch", "before"));
    redis().pause();
    // Long enough for the check to be due and to fail.
    EXPECT_FALSE(tests::eventually(400ms, [] { return false; }));
    redis().resume();
    // The server may still count the abandoned connection.
    EXPECT_TRUE(tests::eventually(5s, [&] {
        publish("ch", "after");
        return inbox_.size() >= 2;
    }));
}

TEST_F(SubscriberTest, SubscribesAndUnsubscribesOnTheRunningConnection) {
    listen("a", "one", inbox_);
    client_->activate("a");
    ASSERT_TRUE(heard("one", "x"));
    listen("b", "two", second_);
    client_->activate("b");
    ASSERT_TRUE(heard("two", "y"));
    EXPECT_TRUE(client_->retire("a", std::chrono::steady_clock::now() + 5s));
    EXPECT_TRUE(tests::eventually(5s, [&] { return publish("one", "late") == 0; }));
    EXPECT_GT(publish("two", "z"), 0);
    EXPECT_TRUE(tests::eventually(5s, [&] { return second_.size() == 2; }));
    EXPECT_EQ(inbox_.size(), 1U);
}

TEST_F(SubscriberTest, RetireWaitsForTheCallbackAndDiscardFreesOnce) {
    std::promise<void> entered;
    std::promise<void> leave;
    int freed = 0;
    inbox_.freed = &freed;
    inbox_.on_message = [&] {
        entered.set_value();
        leave.get_future().wait();
    };
    listen("sync", "ch", inbox_);
    client_->activate("sync");
    ASSERT_TRUE(heard("ch", "x"));
    entered.get_future().wait();
    EXPECT_FALSE(client_->retire("sync", std::chrono::steady_clock::now() + 20ms));
    leave.set_value();
    EXPECT_TRUE(client_->retire("sync", std::chrono::steady_clock::now() + 5s));
    EXPECT_EQ(freed, 0);
    client_->discard("sync");
    EXPECT_TRUE(tests::eventually(5s, [&] { return freed == 1; }));
    client_.reset();
    EXPECT_EQ(freed, 1);
}

TEST_F(SubscriberTest, RefusesAnEmptyChannelAndFreesItsUser) {
    int freed = 0;
    inbox_.freed = &freed;
    EXPECT_EQ(error_of_call([&] { listen("sync", "", inbox_); }).status(), EZ_INVALID);
    EXPECT_EQ(freed, 1);
}

}  // namespace
}  // namespace ezapi::host::redis
