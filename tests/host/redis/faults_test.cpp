// The client while Redis restarts, hangs, sends slowly, sends invalid replies, or is replaced by
// another server.
#include <array>

#include "tests/host/redis/client_fixture.hpp"
#include "tests/host/redis/scripted_server.hpp"

namespace ezapi::host::redis {
namespace {

using Clock = std::chrono::steady_clock;
using Peer = ScriptedServer::Peer;

constexpr std::string_view kPing = "PING\r\n";

class FaultsTest : public ClientTest {
protected:
    void SetUp() override {
        ClientTest::SetUp();
        if (!IsSkipped() && !redis().controllable())
            GTEST_SKIP() << "needs a server that it may stop";
    }

    void towards(const ScriptedServer& server) {
        open([&](Options& options) { options.port = server.port(), options.host = "127.0.0.1"; });
    }
};

TEST_F(FaultsTest, NoCallFailsAfterARestartInBetween) {
    client_->ping();
    redis().restart();
    for (int i = 0; i < 3; ++i) EXPECT_NO_THROW(client_->ping());
}

TEST_F(FaultsTest, FailsAtOnceWhileRedisIsAwayAndRecoversByProbing) {
    redis().stop();
    EXPECT_EQ(error_of_call([&] { client_->ping(); }).status(), EZ_UNAVAILABLE);
    EXPECT_FALSE(client_->connected());
    const auto start = Clock::now();
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(error_of_call([&] { client_->ping(); }).status(), EZ_UNAVAILABLE);
    }
    EXPECT_LT(Clock::now() - start, 1s);
    redis().start();
    EXPECT_TRUE(back());
    EXPECT_TRUE(client_->connected());
}

TEST_F(FaultsTest, APausedRedisCostsTheDeadlineAFewTimesAndThenNothing) {
    open([](Options& options) { options.timeout = 100ms, options.connect_timeout = 100ms; });
    client_->ping();
    redis().pause();
    const auto start = Clock::now();
    EXPECT_EQ(error_of_call([&] { client_->ping(); }).status(), EZ_TIMEOUT);
    for (int i = 0; i < 100; ++i) EXPECT_THROW(client_->ping(), Error);
    EXPECT_LT(Clock::now() - start, 3s);
    redis().resume();
    EXPECT_TRUE(back());
}

TEST_F(FaultsTest, ADrippingServerCannotStretchTheDeadline) {
    const ScriptedServer server([](Peer& peer) {
        if (!peer.read_until(kPing) || !peer.write("+PONG\r\n")) return;
        if (peer.read_until("x\r\n")) peer.drip("$100\r\n" + std::string(100, 'x') + "\r\n", 50ms);
    });
    towards(server);
    const auto start = Clock::now();
    const Error error = error_of_call([&] { client_->command({"GET", "x"}, 300ms); });
    EXPECT_EQ(error.status(), EZ_TIMEOUT);
    EXPECT_EQ(error.code(), "outcome_unknown");
    EXPECT_GE(Clock::now() - start, 290ms);
    EXPECT_LT(Clock::now() - start, 700ms);
}

TEST_F(FaultsTest, TheReplyOfATimedOutCommandIsNeverGivenToTheNext) {
    open([](Options& options) { options.pool_size = 1; });
    client_->command({"SET", "k", "right"});
    const Error error = error_of_call([&] {
        client_->command({"EVAL",
                          "local t = redis.call('TIME')[1] "
                          "while redis.call('TIME')[1] - t < 2 do end return 'stray'",
                          "0"},
                         100ms);
    });
    EXPECT_EQ(error.status(), EZ_TIMEOUT);
    ASSERT_TRUE(back());
    EXPECT_EQ(client_->command({"GET", "k"}).text, "right");
}

TEST_F(FaultsTest, APipelineThatBreaksOffLeavesNoStrayReplies) {
    std::atomic<int> connection = 0;
    const ScriptedServer server([&](Peer& peer) {
        const bool first = ++connection == 1;
        if (!peer.read_until(kPing) || !peer.write("+PONG\r\n")) return;
        if (first) {
            if (peer.read_until("b\r\n"))
                peer.write("$1\r\n1\r\n$1\r\n");  // and the rest never comes
            peer.read_until("never");
        } else if (peer.read_until("c\r\n")) {
            peer.write("$1\r\n3\r\n");
            peer.read_until("never");
        }
    });
    towards(server);
    const std::array<std::string_view, 2> a{"GET", "a"};
    const std::array<std::string_view, 2> b{"GET", "b"};
    const std::array<Command, 2> both{a, b};
    EXPECT_EQ(error_of_call([&] { client_->pipeline(both, 200ms); }).status(), EZ_TIMEOUT);
    EXPECT_EQ(client_->command({"GET", "c"}).text, "3");
    EXPECT_EQ(connection, 2);
}

TEST_F(FaultsTest, ALostConnectionAfterSendingMayHaveExecuted) {
    const ScriptedServer server([](Peer& peer) {
        if (peer.read_until(kPing) && peer.write("+PONG\r\n")) peer.read_until("x\r\n");
    });
    towards(server);
    EXPECT_EQ(error_of_call([&] { client_->command({"INCR", "x"}); }).status(), EZ_TIMEOUT);
}

TEST_F(FaultsTest, NonsenseFromTheServerIsAnErrorAndEndsTheConnection) {
    const ScriptedServer server([](Peer& peer) {
        if (peer.read_until(kPing) && peer.write("+PONG\r\n") && peer.read_until("x\r\n"))
            peer.write("HTTP/1.1 400\r\n");
    });
    towards(server);
    EXPECT_EQ(error_of_call([&] { client_->command({"GET", "x"}); }).status(), EZ_TIMEOUT);
}

TEST_F(FaultsTest, AServerThatIsReadOnlyNowIsLeftForAnotherConnection) {
    const ScriptedServer server([](Peer& peer) {
        if (!peer.read_until(kPing) || !peer.write("+PONG\r\n")) return;
        while (peer.read_until("x\r\n")) {
            if (!peer.write("-READONLY You can't write against a read only replica.\r\n")) return;
        }
    });
    towards(server);
    EXPECT_EQ(client_->command({"INCR", "x"}).error_code(), "READONLY");
    EXPECT_EQ(client_->command({"INCR", "x"}).error_code(), "READONLY");
    EXPECT_TRUE(tests::eventually(2s, [&] { return server.connections() == 2; }));
}

TEST_F(FaultsTest, ALoadingServerCountsAsAway) {
    const ScriptedServer server([](Peer& peer) {
        if (peer.read_until(kPing))
            peer.write("-LOADING Redis is loading the dataset in memory\r\n");
        peer.read_until("never");
    });
    towards(server);
    EXPECT_EQ(error_of_call([&] { client_->ping(); }).status(), EZ_UNAVAILABLE);
    EXPECT_FALSE(client_->connected());
}

TEST_F(FaultsTest, AConnectionThatWasIdleForLongIsCheckedBeforeUse) {
    // Replies only to the handshake: a client that trusts the idle connection gets no reply.
    std::atomic<int> connection = 0;
    const ScriptedServer server([&](Peer& peer) {
        ++connection;
        if (!peer.read_until(kPing) || !peer.write("+PONG\r\n")) return;
        if (peer.read_until("x\r\n") && peer.write("$1\r\n1\r\n")) peer.read_until("never");
    });
    open([&](Options& options) {
        options.host = "127.0.0.1", options.port = server.port();
        options.idle_check = 1ms, options.connect_timeout = 50ms;
    });
    EXPECT_EQ(client_->command({"GET", "x"}).text, "1");
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(client_->command({"GET", "x"}).text, "1");
    EXPECT_EQ(connection, 2);
}

}  // namespace
}  // namespace ezapi::host::redis
