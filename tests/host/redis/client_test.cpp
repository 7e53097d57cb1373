#include "host/redis/client.hpp"

#include <array>
#include <atomic>
#include <thread>

#include "host/telemetry/metrics.hpp"
#include "tests/host/redis/client_fixture.hpp"

namespace ezapi::host::redis {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ClientTest, RoundTripsBinaryTextNumbersNilAndLists) {
    const std::string binary("a\0\r\n\xff", 5);
    EXPECT_EQ(client_->command({"SET", "k", binary}).text, "OK");
    EXPECT_EQ(client_->command({"GET", "k"}).text, binary);
    EXPECT_EQ(client_->command({"STRLEN", "k"}).integer, 5);
    EXPECT_TRUE(client_->command({"GET", "none"}).is_nil());
    const Reply list = client_->command({"MGET", "k", "none"});
    ASSERT_EQ(list.type, EZ_REPLY_ARRAY);
    ASSERT_EQ(list.elements.size(), 2U);
    EXPECT_EQ(list.elements[0].text, binary);
    EXPECT_TRUE(list.elements[1].is_nil());
    EXPECT_EQ(client_->command({"SET", "empty", ""}).text, "OK");
    EXPECT_EQ(client_->command({"GET", "empty"}).type, EZ_REPLY_STRING);
}

TEST_F(ClientTest, GivesErrorsOfRedisAsReplies) {
    const Reply reply = client_->command({"EVALSHA", std::string(40, 'f'), "0"});
    EXPECT_TRUE(reply.is_error());
    EXPECT_EQ(reply.error_code(), "NOSCRIPT");
    EXPECT_TRUE(client_->connected());
}

TEST_F(ClientTest, RefusesACommandWithoutWords) {
    EXPECT_EQ(error_of_call([&] { client_->command(Command{}); }).status(), EZ_INVALID);
}

TEST_F(ClientTest, AnswersAPipelineInOrderAlsoWhenLargerThanTheSocketsBuffers) {
    const std::string large(300000, 'x');
    std::vector<std::array<std::string_view, 2>> words(100, {"ECHO", large});
    words.back() = {"ECHO", "last"};
    const std::vector<Command> commands(words.begin(), words.end());
    const Reply reply = client_->pipeline(commands, 20s);
    ASSERT_EQ(reply.elements.size(), 100U);
    EXPECT_EQ(reply.elements.front().text.size(), large.size());
    EXPECT_EQ(reply.elements.back().text, "last");
    EXPECT_EQ(client_->pipeline({}).elements.size(), 0U);
}

TEST_F(ClientTest, ServesManyThreadsWithFewConnections) {
    open([](Options& options) { options.timeout = 10s; });
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            for (int j = 0; j < 200; ++j) {
                const std::string text = std::to_string(i * 1000 + j);
                if (client_->command({"ECHO", text}).text == text) ++right;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(right, 8 * 200);
}

TEST_F(ClientTest, WaitsForAConnectionNoLongerThanItsDeadline) {
    open([](Options& options) { options.pool_size = 1; });
    std::thread busy([&] { client_->command({"BLPOP", "nothing", "1"}, 5s); });
    EXPECT_TRUE(tests::eventually(5s, [&] {
        // Blocked clients of this server are exactly the thread above.
        Options options;
        options.host = redis().host();
        options.port = redis().port();
        return Client(options).command({"INFO", "clients"}).text.find("blocked_clients:1") !=
               std::string::npos;
    }));
    const auto start = std::chrono::steady_clock::now();
    const Error error = error_of_call([&] { client_->command({"PING"}, 100ms); });
    EXPECT_EQ(error.status(), EZ_UNAVAILABLE);
    EXPECT_THAT(error.what(), HasSubstr("all 1 connections are in use"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 600ms);
    busy.join();
}

TEST_F(ClientTest, SelectsItsDatabaseOnEveryConnection) {
    open([](Options& options) { options.database = 3, options.max_age = 1ms; });
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client_->command({"INCR", "in3"}).integer, i + 1);
    open();
    EXPECT_TRUE(client_->command({"GET", "in3"}).is_nil());
}

TEST_F(ClientTest, AuthenticatesAndTellsNobodyThePassword) {
    if (!redis().controllable()) GTEST_SKIP() << "needs a server of its own";
    tests::PrivateRedis locked({"--requirepass", "geheim"});
    const auto towards = [&](const std::string& password) {
        open([&](Options& options) { options.port = locked.port(), options.password = password; });
    };
    towards("geheim");
    EXPECT_NO_THROW(client_->ping());
    towards("falsch");
    const Error error = error_of_call([&] { client_->ping(); });
    EXPECT_EQ(error.status(), EZ_UNAVAILABLE);
    EXPECT_THAT(error.what(), Not(HasSubstr("falsch")));
    towards("");
    EXPECT_EQ(error_of_call([&] { client_->ping(); }).status(), EZ_UNAVAILABLE);
}

TEST_F(ClientTest, ResolvesNamesAndReportsUnknownOnes) {
    open([](Options& options) { options.host = "localhost"; });
    EXPECT_NO_THROW(client_->ping());
    open([](Options& options) { options.host = "no-such-host.invalid"; });
    EXPECT_EQ(error_of_call([&] { client_->ping(); }).status(), EZ_UNAVAILABLE);
}

TEST_F(ClientTest, RefusesRepliesBeyondTheLimit) {
    open([](Options& options) { options.max_reply_bytes = 1000; });
    const std::string large(5000, 'x');
    EXPECT_THAT(error_of_call([&] {
                    client_->command({"ECHO", large});
                }).what(),
                HasSubstr("limit of 1000"));
    EXPECT_EQ(client_->command({"ECHO", "small"}).text, "small");
}

TEST_F(ClientTest, RefusesSenselessOptions) {
    EXPECT_EQ(error_of_call([&] { open([](Options& options) { options.host.clear(); }); }).status(),
              EZ_INVALID);
    EXPECT_EQ(
        error_of_call([&] { open([](Options& options) { options.pool_size = 0; }); }).status(),
        EZ_INVALID);
}

TEST_F(ClientTest, CountsItsCalls) {
    telemetry::Metrics metrics;
    Options options;
    options.host = redis().host();
    options.port = redis().port();
    Client client(options, &metrics);
    client.ping();
    EXPECT_THAT(metrics.expose(),
                AllOf(HasSubstr("ezapi_redis_calls_total{result=\"ok\"} 1"),
                      HasSubstr("ezapi_redis_up 1")));
}

}  // namespace
}  // namespace ezapi::host::redis
