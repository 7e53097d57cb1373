// The memory that clients can make the server hold: in bodies, pipelined requests, unread replies
// and connections.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/host/http/served.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::host::http {
namespace {

using namespace std::chrono_literals;
using tests::eventually;

constexpr int64_t kKibibyte = 1024;
constexpr int64_t kMebibyte = 1024 * kKibibyte;

int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    int64_t pages = 0;
    file >> pages >> pages;
    return pages * 4096;
}

class MemoryTest : public Served {
protected:
    MemoryTest() { options_.max_buffered_bytes = 32 * kMebibyte; }

    std::string upload(const std::string& path, size_t length, size_t sent) const {
        return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + kAsAdmin +
               "Content-Length: " + std::to_string(length) + "\r\n\r\n" + std::string(sent, 'x');
    }
};

TEST_F(MemoryTest, KeepsItsCapAgainstTwoHundredConnections) {
    start();
    add("test",
        "GET",
        "/admin/large",
        answering([](Exchange&) {
            return Reply{200, {}, std::string(2 * kMebibyte, 'x')};
        }),
        EZ_ADMIN);
    const int64_t before = resident_bytes();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 200; ++i) clients.push_back(client(2048));
    std::string many;
    for (int i = 0; i < 20; ++i) many += get_request("/admin/large", kAsAdmin);
    std::atomic<bool> done = false;
    std::atomic<int64_t> most = 0;
    std::thread watch([&] {
        while (!done) {
            most = std::max(most.load(), server_->held_bytes());
            std::this_thread::yield();
        }
    });
    std::vector<std::thread> senders;
    for (size_t t = 0; t < 4; ++t) {
        senders.emplace_back([&, t] {
            for (size_t i = t; i < clients.size(); i += 4) {
                switch (i % 4) {
                    case 0:  // reads no reply
                        clients[i]->send(many);
                        break;
                    case 1:  // keeps sending while a reply is due
                        clients[i]->send(get_request("/held") +
                                         upload("/admin/echo", 8'000'000, 500'000));
                        break;
                    case 2:  // bodies that do not end
                        clients[i]->send(upload("/admin/echo", 8'000'000, 2'000'000));
                        break;
                    default:  // bodies that handlers keep
                        clients[i]->send(upload("/kept", 1'000'000, 1'000'000));
                }
            }
        });
    }
    for (auto& sender : senders) sender.join();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(get_request("/ping")).status, 200);
    EXPECT_TRUE(eventually(10s, [&] { return server_->held_bytes() <= 32 * kMebibyte; }));
    done = true;
    watch.join();
    // Four workers make a reply each before it is counted, two threads read a part each.
    EXPECT_LE(most, (32 + 4 * 2 + 1) * kMebibyte);
    EXPECT_LT(resident_bytes() - before, 200 * kMebibyte);
    clients.clear();
    release_all();
    EXPECT_TRUE(eventually(20s, [&] { return server_->held_bytes() == 0; }))
        << server_->held_bytes();
}

TEST_F(MemoryTest, EndsThoseThatHoldMostAndServesTheOthers) {
    options_.max_buffered_bytes = 4 * kMebibyte;
    start();
    const auto modest = client();
    modest->send(upload("/admin/echo", 200'000, 100'000));
    std::vector<std::unique_ptr<RawClient>> greedy;
    for (int i = 0; i < 4; ++i) {
        greedy.push_back(client());
        greedy.back()->send(upload("/admin/echo", 8'000'000, 900'000));
    }
    EXPECT_TRUE(eventually(10s, [&] { return server_->connection_count() < 5; }));
    size_t refused = 0;
    for (const auto& client : greedy) refused += client->reply(true, 200ms).status == 503 ? 1 : 0;
    EXPECT_GE(refused, 1U);
    EXPECT_LT(refused, 4U) << "what still has room goes on";
    EXPECT_EQ(modest->ask(std::string(100'000, 'x')).body.size(), 200'000U);
}

TEST_F(MemoryTest, DoesNotLetRequestsWithoutACredentialShutOutTheOthers) {
    options_.max_buffered_bytes = 8 * kMebibyte;
    start();
    std::vector<std::unique_ptr<RawClient>> unread;
    for (int i = 0; i < 10; ++i) {
        unread.push_back(client(2048));
        unread.back()->send(get_request("/large"));
    }
    EXPECT_TRUE(eventually(10s, [&] { return server_->held_bytes() <= kMebibyte; }));
    const std::string body(1'500'000, 'x');
    const auto reply = client()->ask(post_request("/admin/echo", body, kAsAdmin));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body.size(), body.size());
}

TEST_F(MemoryTest, CountsABodyUntilItsHandlerIsDone) {
    start();
    auto gone = client();
    gone->send(post_request("/kept", std::string(400'000, 'x')));
    ASSERT_TRUE(eventually(10s, [&] { return held_count() == 1; }));
    gone.reset();
    ASSERT_TRUE(eventually(10s, [&] { return server_->connection_count() == 1; }));
    EXPECT_GE(server_->held_bytes(), 400'000);
    release_all();
    EXPECT_TRUE(eventually(10s, [&] { return server_->held_bytes() == 0; }));
}

TEST_F(MemoryTest, ReadsLittleAheadWhileAReplyIsOwed) {
    start();
    const auto eager = client();
    eager->send(get_request("/held"));
    ASSERT_TRUE(eventually(10s, [&] { return held_count() == 1; }));
    const std::string ahead = upload("/admin/echo", 8'000'000, 2'000'000);
    const size_t within = 64 * kKibibyte;
    eager->send(ahead.substr(0, within));
    ASSERT_TRUE(eventually(10s, [&] { return server_->held_bytes() > 0; }));
    EXPECT_LE(server_->held_bytes(), 256 * kKibibyte);
    eager->send(ahead.substr(within));
    // Pipelined input beyond the limit is dropped, and the connection is closed after the reply.
    ASSERT_TRUE(eventually(10s, [&] { return server_->held_bytes() == 0; }));
    release_all();
    EXPECT_EQ(eager->reply().body, "\"released\"");
    EXPECT_TRUE(eager->closed());
}

TEST_F(MemoryTest, LeavesConnectionsForOtherClients) {
    options_.max_connections = 10;
    start();
    std::vector<std::unique_ptr<RawClient>> greedy;
    for (int i = 0; i < 10; ++i) greedy.push_back(client());
    EXPECT_TRUE(eventually(10s, [&] {
        return metrics_.expose().find("reason=\"client_connection_cap\"} 5") != std::string::npos;
    }));
    const auto other = client_from("127.0.0.2");
    EXPECT_EQ(other->ask(get_request("/inline")).status, 200);
    greedy.clear();
    EXPECT_TRUE(eventually(10s, [&] { return ask(get_request("/inline")).status == 200; }));
}

TEST_F(MemoryTest, GivesATrustedProxyAllConnections) {
    options_.max_connections = 10;
    options_.trusted_proxies = {"127.0.0.0/8"};
    start();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(client());
        EXPECT_EQ(clients.back()->ask(get_request("/inline")).status, 200);
    }
}

TEST_F(MemoryTest, ASlowReadersRequestsDelayNoOtherSlowReader) {
    // Enough for both replies in the eighth that requests without a credential share.
    options_.max_buffered_bytes = 128 * kMebibyte;
    start();
    std::mutex mutex;
    std::condition_variable free;
    bool may_end = false;
    std::atomic<int> running = 0;
    add("test",
        "GET",
        "/stuck",
        answering([&](Exchange&) {
            ++running;
            std::unique_lock lock(mutex);
            free.wait_for(lock, 20s, [&] { return may_end; });
            return json_reply("{}");
        }),
        EZ_PUBLIC,
        EZ_ROUTE_INLINE);
    const auto first = client(2048);
    const auto second = client(2048);
    first->send(get_request("/large") + get_request("/stuck"));
    second->send(get_request("/large"));
    ASSERT_TRUE(eventually(10s, [&] {
        return metrics_.expose().find("ezapi_http_slow_writes 2") != std::string::npos;
    }));
    EXPECT_EQ(first->reply(true, 30s).body.size(), 5U * kMebibyte);
    ASSERT_TRUE(eventually(10s, [&] { return running == 1; }));
    EXPECT_EQ(second->reply(true, 30s).body.size(), 5U * kMebibyte);
    {
        const std::lock_guard lock(mutex);
        may_end = true;
    }
    free.notify_all();
    EXPECT_EQ(first->reply().status, 200);
}

TEST_F(MemoryTest, EndsARequestWhoseHandlerDoesNotAnswer) {
    options_.timeouts.serve = 200ms;
    start();
    const auto client = this->client();
    const auto reply = client->ask(get_request("/held"));
    EXPECT_EQ(reply.status, 503);
    EXPECT_NE(reply.body.find("slow_answer"), std::string::npos) << reply.body;
    EXPECT_TRUE(client->closed());
    release_all();  // too late, and harmless
    EXPECT_EQ(ask(get_request("/ping")).status, 200);
}

}  // namespace
}  // namespace ezapi::host::http
