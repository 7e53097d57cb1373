// Hostile clients over real sockets. After each attack the server must answer other clients at
// once.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/host/http/served.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::host::http {
namespace {

using namespace std::chrono_literals;
using tests::eventually;

class HostileTest : public Served {
protected:
    void expect_alive() const {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(ask(get_request("/ping")).status, 200);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    }

    /// Exactly one reply, then the end of the connection.
    void expect_last(RawClient& client, int status) const {
        const auto reply = client.reply();
        EXPECT_EQ(reply.status, status);
        EXPECT_EQ(reply.header("connection"), "close");
        EXPECT_EQ(reply.header("content-type"), "application/problem+json");
        EXPECT_TRUE(client.closed());
    }
};

TEST_F(HostileTest, ClosesAfterABodyThatIsTooLargeAndServesNothingOfIt) {
    options_.limits.body_bytes = 1000;
    start();
    const auto client = this->client();
    client->send(post_request("/echo", std::string(1001, 'x') + get_request("/ping")));
    expect_last(*client, 413);
    expect_alive();
}

TEST_F(HostileTest, DoesNotServeWhatIsSmuggledInABody) {
    start();
    const std::string hidden = get_request("/ping");
    const std::string attacks[] = {
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n" +
            hidden,
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n" + hidden,
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n" + hidden,
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n" + hidden,
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n" + hidden,
        "POST /echo HTTP/1.1\r\nHost: a\r\nX: a\nContent-Length: 0\r\n\r\n" + hidden,
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\n\r\n" + hidden,
    };
    for (const auto& attack : attacks) {
        const auto client = this->client();
        client->send(attack);
        expect_last(*client, 400);
    }
    expect_alive();
}

TEST_F(HostileTest, SurvivesThousandsOfSlashes) {
    start();
    const auto client = this->client();
    client->send(get_request(std::string(16'000, '/')));
    expect_last(*client, 414);
    const auto shorter = this->client();
    shorter->send(get_request(std::string(4'000, '/')));
    expect_last(*shorter, 400);
    expect_alive();
}

TEST_F(HostileTest, AnswersFiftyPipelinedRequestsInOrder) {
    start();
    for (const char* path : {"/number/", "/inline"}) {
        std::string bytes;
        const bool numbered = std::string(path) == "/number/";
        for (int i = 0; i < 50; ++i)
            bytes += get_request(path + (numbered ? std::to_string(i) : ""));
        const auto client = this->client();
        client->send(bytes);
        for (int i = 0; i < 50; ++i) {
            const auto reply = client->reply();
            ASSERT_EQ(reply.status, 200) << i;
            if (numbered) {
                ASSERT_EQ(reply.body, std::to_string(i));
            }
        }
    }
}

TEST_F(HostileTest, AnswersAHalfClosedClient) {
    start();
    const auto client = this->client();
    client->send(get_request("/number/1") + get_request("/number/2"));
    client->half_close();
    EXPECT_EQ(client->reply().body, "1");
    EXPECT_EQ(client->reply().body, "2");
    EXPECT_TRUE(client->closed());
}

TEST_F(HostileTest, StallsNobodyForReadersThatStall) {
    options_.max_buffered_bytes = 2LL * 1024 * 1024 * 1024;
    start();
    std::vector<std::unique_ptr<RawClient>> stalled;
    for (int i = 0; i < 24; ++i) {
        stalled.push_back(client(2048));
        stalled.back()->send(get_request("/large"));
    }
    EXPECT_TRUE(eventually(10s, [&] {
        return metrics_.expose().find("ezapi_http_slow_writes 24") != std::string::npos;
    }));
    for (int i = 0; i < 20; ++i) expect_alive();
    const auto reply = stalled.front()->reply(true, 60s);
    EXPECT_EQ(reply.body.size(), 5U * 1024 * 1024);
}

TEST_F(HostileTest, CutsReadersThatNeverRead) {
    options_.timeouts.write = 300ms;
    start();
    const auto client = this->client(2048);
    client->send(get_request("/large"));
    EXPECT_TRUE(eventually(10s, [&] { return server_->connection_count() == 1; }));
    EXPECT_TRUE(eventually(10s, [&] { return server_->connection_count() == 0; }));
}

TEST_F(HostileTest, ForgetsClientsThatVanish) {
    start();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) {
                RawClient client(server_->port());
                client.send(get_request(i % 10 == 0 ? "/large" : "/ping"));
                client.reset();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_TRUE(eventually(60s, [&] { return server_->connection_count() == 0; }))
        << server_->connection_count() << " left\n"
        << metrics_.expose();
    expect_alive();
}

TEST_F(HostileTest, CutsSlowHeadsWith408) {
    options_.timeouts.head = 200ms;
    start();
    const auto client = this->client();
    client->send("GET /ping HTTP/1.1\r\nHost:");
    expect_last(*client, 408);
    const auto silent = this->client();
    EXPECT_TRUE(silent->closed());
}

TEST_F(HostileTest, CutsASlowSecondRequestToo) {
    options_.timeouts.head = 200ms;
    start();
    const auto client = this->client();
    EXPECT_EQ(client->ask(get_request("/ping")).status, 200);
    client->send("G");
    expect_last(*client, 408);
}

TEST_F(HostileTest, CutsSlowBodiesWith408) {
    options_.timeouts.body = 200ms;
    start();
    const auto client = this->client();
    client->send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
    expect_last(*client, 408);
}

TEST_F(HostileTest, ClosesIdleConnectionsQuietly) {
    options_.timeouts.idle = 200ms;
    start();
    const auto client = this->client();
    EXPECT_EQ(client->ask(get_request("/ping")).status, 200);
    EXPECT_TRUE(client->closed());
}

TEST_F(HostileTest, RefusesWorkWhenTheQueueIsFull) {
    options_.workers = 1;
    options_.queue = 1;
    start();
    std::mutex mutex;
    std::condition_variable free;
    bool may_end = false;
    std::atomic<int> running = 0;
    add("test", "GET", "/blocked", answering([&](Exchange&) {
            ++running;
            std::unique_lock lock(mutex);
            free.wait_for(lock, 20s, [&] { return may_end; });
            return json_reply("{}");
        }));
    const auto first = client();
    first->send(get_request("/blocked"));
    ASSERT_TRUE(eventually(10s, [&] { return running == 1; }));
    const auto second = client();
    second->send(get_request("/ping"));
    ASSERT_TRUE(eventually(
        10s, [&] { return metrics_.expose().find("ezapi_http_queue 1") != std::string::npos; }));
    const auto refused = ask(get_request("/ping"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.header("retry-after"), "");
    EXPECT_EQ(ask(get_request("/inline")).status, 200);
    const std::string large(20'000, ' ');  // too large for the I/O thread
    EXPECT_EQ(
        ask("GET /inline HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n" + large).status,
        503);
    {
        const std::lock_guard lock(mutex);
        may_end = true;
    }
    free.notify_all();
    EXPECT_EQ(first->reply().status, 200);
    EXPECT_EQ(second->reply().status, 200);
}

TEST_F(HostileTest, TurnsAwayConnectionsBeyondTheCap) {
    options_.max_connections = 2;
    options_.max_connections_per_client = 2;
    start();
    const auto first = client();
    const auto second = client();
    EXPECT_EQ(first->ask(get_request("/ping")).status, 200);
    EXPECT_EQ(second->ask(get_request("/ping")).status, 200);
    const auto third = client();
    third->send(get_request("/ping"));
    const int status = third->reply().status;  // 0: the reset overtook the reply
    EXPECT_TRUE(status == 503 || status == 0) << status;
    EXPECT_EQ(first->ask(get_request("/ping")).status, 200);
}

TEST_F(HostileTest, HoldsOnlySoMuchOfUnfinishedRequests) {
    options_.max_buffered_bytes = 1'000'000;
    start();
    const auto first = client();
    first->send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" +
                std::string(1'500'000, 'x'));
    const auto reply = first->reply();
    EXPECT_EQ(reply.status, 503);
    EXPECT_TRUE(first->closed());
    expect_alive();
}

TEST_F(HostileTest, SurvivesChunksCutAnywhere) {
    start();
    const std::string bytes =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
        "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    const auto client = this->client();
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
        client->send(bytes.substr(0, cut));
        client->send(bytes.substr(cut));
        ASSERT_EQ(client->reply().body, "hello") << cut;
    }
}

}  // namespace
}  // namespace ezapi::host::http
