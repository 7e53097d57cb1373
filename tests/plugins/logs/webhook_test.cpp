// The webhook with a receiver of the test and a real database, at times that the test sets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "outgoing/exchange.hpp"
#include "tests/contract/database_host.hpp"
#include "tests/support/upstream.hpp"
#include "webhook/alarm.hpp"
#include "webhook/deliveries.hpp"
#include "webhook/sender.hpp"
#include "webhook/signing_key.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using tests::Upstream;

const std::function<bool()> kNever = [] { return false; };
const Timestamp kStart = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

class WebhookTest : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        database_ = std::make_unique<tests::DatabaseHost>("logs");
        // The columns of request records that the alarm reads.
        database_->sql.query(
            "CREATE TABLE IF NOT EXISTS request_logs (created_at timestamptz NOT NULL, "
            "status_code smallint NOT NULL, model text NOT NULL)");
        receiver_.answer([](auto&, auto& response) { response.send(); });
        configure("enabled = true, url = '" + receiver_.url("/hook") +
                  "', threshold = 3, window_seconds = 60, cooldown_seconds = 600, "
                  "signing_key = 'key-of-the-test'");
    }

    void configure(const std::string& settings) {
        database_->sql.query("UPDATE webhook_settings SET " + settings);
    }

    void fail_requests(int count, Timestamp at, int status = 500, const std::string& model = "m") {
        for (int i = 0; i < count; ++i) {
            database_->sql.query(
                "INSERT INTO request_logs (created_at, status_code, model) VALUES ('" +
                format_time(at) + "', " + std::to_string(status) + ", '" + model + "')");
        }
    }

    bool check(Timestamp now) { return Alarm(database_->db(), database_->db()).check(now); }

    /// Like the job; returns the number of attempts.
    int deliver(Timestamp now, const outgoing::Reach& reach = outgoing::Reach("127.0.0.0/8")) {
        const Deliveries deliveries(database_->db());
        const outgoing::Limits limits{
            .connect = 300ms, .silence = 300ms, .total = 300ms, .max_bytes = 0};
        int sent = 0;
        while (const auto due = deliveries.claim(now)) {
            WebhookSettings webhook = read_webhook(database_->db());
            webhook.signing_key = key_.open(webhook);
            const Attempt attempt = Sender(reach, limits).send(webhook, *due, now, kNever);
            deliveries.settle(*due, attempt, now, 0);
            ++sent;
        }
        return sent;
    }

    std::string history(const std::string& columns) {
        return database_->sql.value("SELECT concat_ws(' ', " + columns +
                                    ") FROM webhook_deliveries ORDER BY id DESC LIMIT 1");
    }

    SigningKey key_{std::string(64, 'a')};
    std::unique_ptr<tests::DatabaseHost> database_;
    Upstream receiver_;
};

TEST_F(WebhookTest, AKeyInPlainTextIsSealedAndSealedAgainAfterARotation) {
    const Db db = database_->db();
    configure("secret = 'mask'");
    ASSERT_TRUE(key_.seal_stored(db));
    EXPECT_EQ(database_->sql.value("SELECT signing_key FROM webhook_settings"), "");
    EXPECT_FALSE(key_.seal_stored(db));
    EXPECT_EQ(key_.open(read_webhook(db)), "key-of-the-test");

    SigningKey rotated(std::string(64, 'b') + "," + std::string(64, 'a'));
    EXPECT_EQ(rotated.open(read_webhook(db)), "key-of-the-test");
    ASSERT_TRUE(rotated.seal_stored(db));
    EXPECT_FALSE(rotated.seal_stored(db));
    EXPECT_EQ(SigningKey(std::string(64, 'b')).open(read_webhook(db)), "key-of-the-test");
    EXPECT_THROW((void)key_.open(read_webhook(db)), Error);

    // A server of an earlier version removes the secret, and sets another.
    configure("secret = NULL");
    EXPECT_EQ(key_.open(read_webhook(db)), "");
    configure("secret = 'mask', signing_key = 'key-of-an-old-server'");
    EXPECT_EQ(rotated.open(read_webhook(db)), "key-of-an-old-server");
    ASSERT_TRUE(rotated.seal_stored(db));
    EXPECT_EQ(rotated.open(read_webhook(db)), "key-of-an-old-server");
}

TEST_F(WebhookTest, ErrorsThatReachTheThresholdAreToldOnce) {
    fail_requests(2, kStart);
    EXPECT_FALSE(check(kStart + 1s));
    fail_requests(1, kStart, 429, "n");
    EXPECT_TRUE(check(kStart + 1s));
    EXPECT_FALSE(check(kStart + 2s));
    EXPECT_EQ(deliver(kStart + 2s), 1);
    EXPECT_EQ(deliver(kStart + 1h), 0);

    const auto asked = receiver_.asked();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].at(":method"), "POST");
    EXPECT_EQ(asked[0].at(":path"), "/hook");
    const Json body = Json::parse(asked[0].at(":body"));
    EXPECT_EQ(body.at("event"), "alert");
    EXPECT_EQ(body.at("errors"), 3);
    EXPECT_EQ(body.at("models"),
              Json::parse(R"([{"model":"m","errors":2},{"model":"n","errors":1}])"));
    EXPECT_EQ(body.at("window").at("to"), format_time(kStart + 1s));
    EXPECT_EQ(history("status, attempts, response_status, error"), "delivered 1 200");
}

TEST_F(WebhookTest, OnlyErrorsOfTheWindowAndTheStatusCount) {
    fail_requests(3, kStart);
    EXPECT_FALSE(check(kStart + 61s));
    EXPECT_FALSE(check(kStart));  // records written now belong to the next window
    configure("min_status = 501");
    EXPECT_FALSE(check(kStart + 1s));
    configure("min_status = 500");
    EXPECT_TRUE(check(kStart + 1s));
}

TEST_F(WebhookTest, IsSilentWhileItCoolsDown) {
    fail_requests(3, kStart);
    ASSERT_TRUE(check(kStart + 1s));
    fail_requests(9, kStart + 599s);
    EXPECT_FALSE(check(kStart + 600s));
    EXPECT_TRUE(check(kStart + 601s));
    fail_requests(9, kStart + 2h);
    configure("enabled = false");
    EXPECT_FALSE(check(kStart + 2h + 1s));
}

TEST_F(WebhookTest, OfManyThatSeeTheErrorsOneRaisesTheAlertAndOneSends) {
    fail_requests(3, kStart);
    std::atomic<int> raised{0};
    std::atomic<int> sent{0};
    const auto together = [](const std::function<void()>& work) {
        std::vector<std::thread> instances;
        for (int i = 0; i < 4; ++i) instances.emplace_back(work);
        for (std::thread& instance : instances) instance.join();
    };
    together([&] { raised += check(kStart + 1s) ? 1 : 0; });
    together([&] { sent += deliver(kStart + 1s); });
    EXPECT_EQ(raised, 1);
    EXPECT_EQ(sent, 1);
    EXPECT_EQ(receiver_.asked().size(), 1U);
}

TEST_F(WebhookTest, IsSigned) {
    fail_requests(3, kStart);
    ASSERT_TRUE(check(kStart + 1s));
    ASSERT_EQ(deliver(kStart + 5s), 1);
    const auto asked = receiver_.asked().at(0);
    const std::string timestamp =
        std::to_string((kStart + 5s).time_since_epoch() / std::chrono::seconds(1));
    EXPECT_EQ(asked.at("X-EZ-Timestamp"), timestamp);
    EXPECT_EQ(asked.at("X-EZ-Signature"),
              signature("key-of-the-test", timestamp, asked.at(":body")));
    EXPECT_EQ(asked.at("X-EZ-Event"), "alert");
    EXPECT_EQ(asked.at("X-EZ-Delivery"), history("id"));
}

TEST(WebhookSignature, IsTheHmacOfTimestampAndBody) {
    // printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    EXPECT_EQ(signature("secret", "1700000000", "{}"),
              "sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163");
}

TEST(WebhookBackoff, DoublesUpToAnHour) {
    EXPECT_EQ(backoff(1, 0), 10s);
    EXPECT_EQ(backoff(2, 0), 20s);
    EXPECT_EQ(backoff(4, 0), 80s);
    EXPECT_EQ(backoff(30, 0), 1h);
    EXPECT_EQ(backoff(1, 1), 5s);
}

TEST_F(WebhookTest, IsTriedAgainLaterAndNotForEver) {
    receiver_.fail(Upstream::Response::HTTP_INTERNAL_SERVER_ERROR);
    fail_requests(3, kStart);
    ASSERT_TRUE(check(kStart + 1s));
    Timestamp now = kStart + 1s;
    EXPECT_EQ(deliver(now), 1);
    EXPECT_EQ(history("status, attempts, response_status, error"),
              "pending 1 500 the receiver answered 500");
    EXPECT_EQ(deliver(now + 9s), 0);
    EXPECT_EQ(deliver(now + 10s), 1);
    EXPECT_EQ(deliver(now + 29s), 0);
    for (int attempt = 3; attempt <= Deliveries::kMostAttempts; ++attempt) {
        now += 2h;
        EXPECT_EQ(deliver(now), 1) << attempt;
    }
    EXPECT_EQ(history("status, attempts"), "failed 10");
    EXPECT_EQ(deliver(now + 24h), 0);
    const auto asked = receiver_.asked();
    EXPECT_EQ(asked.size(), 10U);
    EXPECT_EQ(asked.front().at(":body"), asked.back().at(":body"));
    EXPECT_EQ(asked.front().at("X-EZ-Delivery"), asked.back().at("X-EZ-Delivery"));
    EXPECT_NE(asked.front().at("X-EZ-Signature"), asked.back().at("X-EZ-Signature"));
}

TEST_F(WebhookTest, ADeliveryWhoseSenderDiedIsSentByAnother) {
    fail_requests(3, kStart);
    ASSERT_TRUE(check(kStart + 1s));
    const Deliveries deliveries(database_->db());
    const auto claimed = deliveries.claim(kStart + 1s);
    ASSERT_TRUE(claimed);
    EXPECT_EQ(deliver(kStart + 2s), 0);
    EXPECT_EQ(deliver(kStart + 1s + Deliveries::kClaim), 1);
    EXPECT_EQ(history("status, attempts"), "delivered 2");
    // The first claimant returns; its result is ignored.
    deliveries.settle(*claimed, {.error = "late"}, kStart + 10min, 0);
    EXPECT_EQ(history("status, attempts, error"), "delivered 2");
}

TEST_F(WebhookTest, DoesNotFollowRedirects) {
    Upstream elsewhere;
    elsewhere.answer([](auto&, auto& response) { response.send(); });
    receiver_.answer([&](auto&, auto& response) { response.redirect(elsewhere.url()); });
    fail_requests(3, kStart);
    ASSERT_TRUE(check(kStart + 1s));
    EXPECT_EQ(deliver(kStart + 1s), 1);
    EXPECT_THAT(history("error"), HasSubstr("answered 302: redirects are not followed"));
    EXPECT_TRUE(elsewhere.asked().empty());
}

TEST_F(WebhookTest, ConnectsToNothingThatIsNotAllowed) {
    const std::string port = std::to_string(receiver_.port());
    const outgoing::Reach nothing("10.0.0.0/8");
    int turn = 0;
    for (const char* host : {"127.0.0.1",
                             "localhost",
                             "LocalHost",
                             "127.1",
                             "127.0.1",
                             "127.255.255.254",
                             "0x7f.1",
                             "0x7f.0.0.1",
                             "0x7F.0x0.0x0.0x1",
                             "0x7f000001",
                             "2130706433",
                             "0177.0.0.1",
                             "0177.1",
                             "017700000001",
                             "127.0.0.01",
                             "0x7f.0.0x1",
                             "[::ffff:127.0.0.1]",
                             "[::ffff:7f00:1]",
                             "[::FFFF:7F00:0001]",
                             "[0:0:0:0:0:ffff:127.0.0.1]",
                             "[::127.0.0.1]",
                             "[::1]",
                             "[0:0:0:0:0:0:0:1]",
                             "[0000::0001]",
                             "0.0.0.0",
                             "0",
                             "0x0",
                             "00",
                             "[::]",
                             "[0:0:0:0:0:0:0:0]",
                             "169.254.169.254",
                             "169.254.43518",
                             "0xa9fea9fe",
                             "2852039166",
                             "0251.0376.0251.0376",
                             "[::ffff:169.254.169.254]",
                             "[64:ff9b::a9fe:a9fe]",
                             "[2002:a9fe:a9fe::]",
                             "192.168.1",
                             "0xc0a80001",
                             "3232235521",
                             "172.16.1",
                             "100.64.1",
                             "[fe80::1]",
                             "[fc00::1]",
                             "[fd00:ec2::254]"}) {
        configure(std::string("last_alert_at = NULL, url = 'http://") + host + ":" + port + "/'");
        const Timestamp now = kStart + 24h * ++turn;
        fail_requests(3, now - 1s);
        ASSERT_TRUE(check(now)) << host;
        EXPECT_EQ(deliver(now, nothing), 1) << host;
        EXPECT_THAT(history("status, error"), HasSubstr("pending")) << host;
        EXPECT_THAT(history("error"),
                    ::testing::AnyOf(HasSubstr("not among the networks that are allowed"),
                                     HasSubstr("the host is not an IPv4 address")))
            << host;
        database_->sql.query("DELETE FROM webhook_deliveries");
    }
    EXPECT_TRUE(receiver_.asked().empty());
}

TEST_F(WebhookTest, GivesUpOnAReceiverThatIsSilent) {
    std::atomic<bool> done{false};
    receiver_.answer([&](auto&, auto&) {
        while (!done) std::this_thread::yield();
    });
    fail_requests(3, kStart);
    ASSERT_TRUE(check(kStart + 1s));
    EXPECT_EQ(deliver(kStart + 1s), 1);
    done = true;
    EXPECT_EQ(history("status, attempts"), "pending 1");
    EXPECT_NE(history("error"), "");
}

TEST(WebhookAddress, IsToldWithoutItsPathWhichMayBeASecret) {
    EXPECT_EQ(outgoing::origin_of("https://hooks.example:8443/services/T0/B0/secret?token=x"),
              "https://hooks.example:8443");
    EXPECT_EQ(outgoing::origin_of("http://[::1]/a"), "http://[::1]");
}

TEST(Reach, RefusesEveryAddressThatIsNotPublic) {
    const outgoing::Reach reach("");
    for (const char* address :
         {"127.0.0.1",     "127.255.255.254",  "0.0.0.0",         "10.1.2.3",
          "172.16.0.1",    "172.31.255.255",   "192.168.0.1",     "169.254.169.254",
          "100.64.0.1",    "192.0.0.1",        "192.0.2.1",       "198.18.0.1",
          "203.0.113.9",   "224.0.0.1",        "255.255.255.255", "::",
          "::1",           "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
          "fc00::1",       "fd12::1",          "fe80::1",         "ff02::1",
          "2002:7f00:1::", "2001:db8::1",      "2001::1"}) {
        EXPECT_NE(reach.refusal(address), "") << address;
    }
    for (const char* address : {"1.1.1.1",
                                "172.15.255.255",
                                "172.32.0.1",
                                "8.8.8.8",
                                "2606:4700::1111",
                                "::ffff:8.8.8.8"})
        EXPECT_EQ(reach.refusal(address), "") << address;
}

TEST(Reach, AllowsWhatTheConfigurationNames) {
    const outgoing::Reach reach("10.1.0.0/16, ::1");
    EXPECT_EQ(reach.refusal("10.1.2.3"), "");
    EXPECT_EQ(reach.refusal("::1"), "");
    EXPECT_NE(reach.refusal("10.2.0.1"), "");
    EXPECT_THROW(outgoing::Reach("10.0.0.0/33"), Error);
    EXPECT_THROW(outgoing::Reach("localhost"), Error);
}

}  // namespace
}  // namespace ezapi::logs
