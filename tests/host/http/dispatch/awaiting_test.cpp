// ?wait=applied: the reply comes when the change is delivered, and no thread waits for it.
#include "host/http/dispatch/awaiting.hpp"

#include <gtest/gtest.h>

#include "ezapi/error.hpp"
#include "host/db/call_scope.hpp"
#include "tests/host/http/served.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::host::http {
namespace {

using namespace std::chrono_literals;

/// A server whose deliveries the test completes.
class AwaitingTest : public Served {
protected:
    struct Asked {
        int64_t revision;
        uint32_t timeout_ms;
        ez_delivery_fn fn;
        void* user;
    };

    AwaitingTest() {
        options_.await_delivery = [this](int64_t revision,
                                         uint32_t timeout_ms,
                                         ez_delivery_fn fn,
                                         void* user,
                                         ez_error* error) {
            const std::lock_guard lock(mutex_);
            if (full_) return to_abi(Error(EZ_EXHAUSTED, "too many"), error);
            asked_.push_back({revision, timeout_ms, fn, user});
            return ez_status{EZ_OK};
        };
    }

    ~AwaitingTest() override { tell_all(EZ_DELIVERY_PENDING); }

    void serve_writes(int64_t revision) {
        start();
        add("test",
            "POST",
            "/admin/things",
            answering([revision](Exchange&) {
                db::CallScope::current()->revision = revision;
                return json_reply("{}", 201);
            }),
            EZ_ADMIN);
    }

    RawReply write(const std::string& query) const {
        return ask(post_request("/admin/things" + query, "{}", kAsAdmin));
    }

    [[nodiscard]] size_t asked() {
        const std::lock_guard lock(mutex_);
        return asked_.size();
    }

    void tell_all(int32_t state) {
        std::vector<Asked> asked;
        {
            const std::lock_guard lock(mutex_);
            asked.swap(asked_);
        }
        for (const Asked& each : asked) each.fn(each.user, state);
    }

    std::mutex mutex_;
    std::vector<Asked> asked_;
    bool full_ = false;
};

TEST_F(AwaitingTest, AnswersWhenTheChangeIsDelivered) {
    serve_writes(42);
    const auto waiting = client();
    waiting->send(post_request("/admin/things?wait=applied&timeout=2.5", "{}", kAsAdmin));
    ASSERT_TRUE(tests::eventually(10s, [&] { return asked() == 1; }));
    EXPECT_EQ(asked_.front().revision, 42);
    EXPECT_EQ(asked_.front().timeout_ms, 2500U);
    EXPECT_EQ(waiting->reply(true, 50ms).status, 0);

    tell_all(EZ_DELIVERY_APPLIED);

    const RawReply reply = waiting->reply();
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.header("x-change-state"), "applied");
    EXPECT_EQ(reply.header("x-change-revision"), "42");
}

TEST_F(AwaitingTest, TheWriteStandsWhateverBecomesOfTheWait) {
    serve_writes(42);
    for (const auto& [state, name] :
         {std::pair{EZ_DELIVERY_PENDING, "pending"}, std::pair{EZ_DELIVERY_DEAD, "dead"}}) {
        const auto waiting = client();
        waiting->send(post_request("/admin/things?wait=applied", "{}", kAsAdmin));
        ASSERT_TRUE(tests::eventually(10s, [&] { return asked() == 1; }));
        tell_all(state);
        const RawReply reply = waiting->reply();
        EXPECT_EQ(reply.status, 201);
        EXPECT_EQ(reply.header("x-change-state"), name);
    }
}

TEST_F(AwaitingTest, NoThreadIsHeld) {
    options_.workers = 2;
    serve_writes(42);
    std::vector<std::unique_ptr<RawClient>> waiting;
    for (int i = 0; i < 50; ++i) {
        waiting.push_back(client());
        waiting.back()->send(post_request("/admin/things?wait=applied", "{}", kAsAdmin));
    }
    ASSERT_TRUE(tests::eventually(10s, [&] { return asked() == 50; }));
    EXPECT_EQ(ask(get_request("/ping")).status, 200);
    tell_all(EZ_DELIVERY_APPLIED);
    for (const auto& each : waiting) EXPECT_EQ(each->reply().status, 201);
}

TEST_F(AwaitingTest, WithoutAChangeThereIsNothingToWaitFor) {
    serve_writes(0);
    const RawReply reply = write("?wait=applied");
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.header("x-change-state"), "");
    EXPECT_EQ(asked(), 0U);
}

TEST_F(AwaitingTest, AnAnswerThatIsGivenOnceMoreWaitsForTheRevisionThatItCarries) {
    start();
    add("test",
        "POST",
        "/admin/things",
        answering([](Exchange&) {
            Reply reply = json_reply("{}", 201);
            reply.set("X-Change-Revision", "41");
            return reply;
        }),
        EZ_ADMIN);
    const auto waiting = client();
    waiting->send(post_request("/admin/things?wait=applied", "{}", kAsAdmin));
    ASSERT_TRUE(tests::eventually(10s, [&] { return asked() == 1; }));
    EXPECT_EQ(asked_.front().revision, 41);
    tell_all(EZ_DELIVERY_APPLIED);
    EXPECT_EQ(waiting->reply().header("x-change-state"), "applied");
}

TEST_F(AwaitingTest, NobodyWaitsWithoutBeingAsked) {
    serve_writes(42);
    EXPECT_EQ(write("").header("x-change-state"), "");
    EXPECT_EQ(asked(), 0U);
}

TEST_F(AwaitingTest, SaysPendingAtOnceWhenTooManyWait) {
    serve_writes(42);
    full_ = true;
    const RawReply reply = write("?wait=applied");
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.header("x-change-state"), "pending");
    EXPECT_EQ(reply.header("x-change-revision"), "42");
}

TEST_F(AwaitingTest, ValuesThatMakeNoSenseAreRefusedBeforeTheWrite) {
    serve_writes(42);
    for (const char* query : {"?wait=forever",
                              "?wait=",
                              "?wait=applied&timeout=-1",
                              "?wait=applied&timeout=31",
                              "?timeout=soon",
                              "?timeout=nan"}) {
        const RawReply reply = write(query);
        EXPECT_EQ(reply.status, 400) << query;
        EXPECT_EQ(reply.header("x-change-revision"), "") << query;
    }
}

TEST_F(AwaitingTest, AnEndingServerLetsThemGo) {
    serve_writes(42);
    const auto waiting = client();
    waiting->send(post_request("/admin/things?wait=applied", "{}", kAsAdmin));
    ASSERT_TRUE(tests::eventually(10s, [&] { return asked() == 1; }));
    server_->stop_accepting();
    const RawReply reply = waiting->reply();
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.header("x-change-state"), "pending");
    EXPECT_TRUE(server_->drain(std::chrono::steady_clock::now() + 10s));
}

TEST_F(AwaitingTest, AClientThatLeavesHarmsNobody) {
    serve_writes(42);
    {
        const auto leaving = client();
        leaving->send(post_request("/admin/things?wait=applied", "{}", kAsAdmin));
        ASSERT_TRUE(tests::eventually(10s, [&] { return asked() == 1; }));
        leaving->reset();
    }
    tell_all(EZ_DELIVERY_APPLIED);
    EXPECT_EQ(ask(get_request("/ping")).status, 200);
}

}  // namespace
}  // namespace ezapi::host::http
