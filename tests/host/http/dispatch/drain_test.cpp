// Shutdown of a server and of a plugin: accepted requests are answered first.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>

#include "tests/host/http/served.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::host::http {
namespace {

using namespace std::chrono_literals;
using tests::eventually;
using Clock = std::chrono::steady_clock;

class DrainTest : public Served {};

TEST_F(DrainTest, DeliversAnswersThatAreUnderWay) {
    start();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(client());
        clients.back()->send(get_request("/held"));
    }
    ASSERT_TRUE(eventually(10s, [&] { return held_count() == 20; }));
    server_->stop_accepting();
    EXPECT_FALSE(server_->drain(Clock::now() + 50ms));
    std::thread later([&] { release_all(); });
    EXPECT_TRUE(server_->drain(Clock::now() + 20s));
    later.join();
    server_->stop();
    for (const auto& client : clients) {
        const auto reply = client->reply();
        EXPECT_EQ(reply.body, "\"released\"");
        EXPECT_EQ(reply.header("connection"), "close");
        EXPECT_TRUE(client->closed());
    }
}

TEST_F(DrainTest, DeliversALargeAnswerToASlowReader) {
    start();
    const auto slow = client(4096);
    slow->send(get_request("/large"));
    ASSERT_TRUE(eventually(10s, [&] {
        return metrics_.expose().find("ezapi_http_slow_writes 1") != std::string::npos;
    }));
    server_->stop_accepting();
    std::atomic<bool> drained = false;
    std::thread drain([&] { drained = server_->drain(Clock::now() + 60s); });
    EXPECT_EQ(slow->reply(true, 60s).body.size(), 5U * 1024 * 1024);
    drain.join();
    EXPECT_TRUE(drained);
}

TEST_F(DrainTest, RefusesNewConnectionsAtOnce) {
    start();
    const auto old = client();
    EXPECT_EQ(old->ask(get_request("/ping")).status, 200);
    server_->stop_accepting();
    EXPECT_FALSE(client()->connected());
    const auto last = old->ask(get_request("/ping"));
    EXPECT_EQ(last.status, 200);
    EXPECT_EQ(last.header("connection"), "close");
    EXPECT_TRUE(old->closed());
}

TEST_F(DrainTest, LosesNoRequestOfBusyClients) {
    start();
    std::atomic<int> sent = 0;
    std::atomic<int> answered = 0;
    std::atomic<int> connected = 0;
    std::atomic<bool> ended = false;
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back([&] {
            RawClient client(server_->port());
            bool first = true;
            while (!ended) {
                ++sent;
                const auto reply = client.ask(get_request("/ping"));
                if (std::exchange(first, false)) ++connected;
                if (reply.status == 200) ++answered;
                if (reply.status != 200 || reply.header("connection") == "close") return;
            }
        });
    }
    ASSERT_TRUE(eventually(10s, [&] { return answered > 200 && connected == 8; }));
    server_->stop_accepting();
    EXPECT_TRUE(server_->drain(Clock::now() + 20s));
    ended = true;
    for (auto& client : clients) client.join();
    server_->stop();
    EXPECT_EQ(sent.load(), answered.load());
}

TEST_F(DrainTest, DoesNotWaitForQuietOrSlowClients) {
    start();
    const auto quiet = client();
    EXPECT_EQ(quiet->ask(get_request("/ping")).status, 200);
    const auto slow = client();
    slow->send("GET /ping HTTP/1.1\r\n");
    server_->stop_accepting();
    EXPECT_TRUE(server_->drain(Clock::now() + 8s));
    EXPECT_TRUE(quiet->closed());
}

TEST_F(DrainTest, StopsWithExchangesLeftOver) {
    start();
    const auto client = this->client();
    client->send(get_request("/held"));
    ASSERT_TRUE(eventually(10s, [&] { return held_count() == 1; }));
    server_.reset();
    release_all();
    EXPECT_TRUE(client->closed());
}

TEST_F(DrainTest, WaitsForAPluginsExchangesBeforeItsEnd) {
    start();
    const auto client = this->client();
    client->send(get_request("/held"));
    ASSERT_TRUE(eventually(10s, [&] { return held_count() == 1; }));
    EXPECT_FALSE(server_->retire("test", Clock::now() + 20ms));
    std::thread later([&] { release_all(); });
    EXPECT_TRUE(server_->retire("test", Clock::now() + 20s));
    later.join();
    EXPECT_EQ(client->reply().status, 200);
}

TEST_F(DrainTest, WaitsForTheHandlerThatHasAnsweredButNotReturned) {
    start();
    std::atomic<bool> may_return = false;
    std::atomic<bool> returned = false;
    add("plugin", "GET", "/lingering", [&](ExchangePtr exchange) {
        exchange.release()->finish(200, "{}");
        (void)eventually(20s, [&] { return may_return.load(); });
        returned = true;
    });
    server_->activate("plugin");
    EXPECT_EQ(ask(get_request("/lingering")).status, 200);
    EXPECT_FALSE(server_->retire("plugin", Clock::now() + 20ms));
    may_return = true;
    EXPECT_TRUE(server_->retire("plugin", Clock::now() + 20s));
    EXPECT_TRUE(returned);
}

}  // namespace
}  // namespace ezapi::host::http
