// The webhook through the real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/refused_urls.hpp"
#include "tests/support/sql_reader.hpp"
#include "tests/support/upstream.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPath = "/admin/logs/webhook";
constexpr const char* kSecret = "a-secret-that-nobody-sees";

class WebhookApi : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"logs"},
                .environment = {{"EZ_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.1, 10.9.0.0/16"}}};
    }

    static json put(const json& body) {
        const HttpAnswer answer = admin().put(kPath, body);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json();
    }

    static std::string fault(const json& body) {
        const HttpAnswer answer = admin().put(kPath, body);
        EXPECT_EQ(answer.status, 422) << answer.body;
        return answer.json().at("errors")[0].at("field").get<std::string>() + ": " +
               answer.json().at("errors")[0].at("message").get<std::string>();
    }
};

TEST_F(WebhookApi, KeepsItsSecretToItself) {
    const json before = admin().get(kPath).json();
    const json stored = put({{"url", "https://receiver.example/hook"},
                             {"enabled", true},
                             {"threshold", 3},
                             {"secret", kSecret}});
    EXPECT_EQ(stored.at("secret"), "\xE2\x80\xA6sees");
    EXPECT_EQ(stored.at("threshold"), 3);
    EXPECT_EQ(stored.at("version"), before.at("version").get<int>() + 1);
    EXPECT_EQ(admin().get(kPath).json(), stored);
    EXPECT_FALSE(stored.contains("signing_key"));

    // The body of a GET can be sent back, but a mask is never stored.
    json masked = put(stored);
    EXPECT_EQ(masked.at("secret"), stored.at("secret"));
    masked["secret"] = "********";
    EXPECT_THAT(fault(masked), HasSubstr("mask"));
    masked.erase("secret");
    masked.erase("enabled");
    masked.erase("version");
    masked.erase("updated_at");
    EXPECT_EQ(put(masked).at("secret"), stored.at("secret"));
    EXPECT_EQ(put(masked).at("enabled"), true);

    SqlReader sql(instance().dsn());
    EXPECT_THAT(sql.value("SELECT webhook_settings::text FROM webhook_settings"),
                Not(HasSubstr(kSecret)));
    EXPECT_THAT(sql.value("SELECT sealed_key FROM webhook_settings"), HasSubstr("v1:"));
    EXPECT_THAT(sql.value("SELECT string_agg(o::text, ' ') FROM operation_logs o"),
                Not(HasSubstr(kSecret)));
    EXPECT_EQ(sql.value("SELECT count(*) > 0 FROM operation_logs WHERE resource = 'webhook'"), "t");
    EXPECT_THAT(instance().log(), Not(HasSubstr(kSecret)));
}

TEST_F(WebhookApi, RefusesAddressesThatItMayNotGoTo) {
    for (const char* url : {"http://10.0.0.1/",
                            "http://169.254.169.254/latest",
                            "http://[::1]/",
                            "http://[::ffff:10.0.0.1]/"}) {
        EXPECT_THAT(fault({{"url", url}}), HasSubstr("url: ")) << url;
    }
    for (const char* url : kRefusedUrls) {
        const std::string_view text(url);
        if (text.empty() || text.ends_with('\n') || text.ends_with('\t'))
            continue;  // the field is trimmed, and may be empty
        EXPECT_THAT(fault({{"url", url}}), HasSubstr("url: ")) << url;
    }
    EXPECT_THAT(fault({{"url", "ftp://example.org/"}}), HasSubstr("https://"));
    EXPECT_THAT(fault({{"url", "http://user:word@example.org/"}}), HasSubstr("user information"));
    EXPECT_THAT(fault({{"enabled", true}}), HasSubstr("url: "));
    EXPECT_EQ(put({{"url", "http://10.9.1.1/"}}).at("url"), "http://10.9.1.1/");
}

TEST_F(WebhookApi, ATestTellsWhatBecameOfIt) {
    Upstream receiver;
    receiver.answer([](auto&, auto& response) { response.send(); });
    put({{"url", receiver.url("/hook")}, {"secret", kSecret}});
    const json good = admin().send("POST", std::string(kPath) + "/test").json();
    EXPECT_EQ(good.at("delivered"), true) << good.dump();
    EXPECT_EQ(good.at("response_status"), 200);
    ASSERT_EQ(receiver.asked().size(), 1U);
    EXPECT_EQ(receiver.asked()[0].at("X-EZ-Event"), "test");
    EXPECT_THAT(receiver.asked()[0].at("X-EZ-Signature"), HasSubstr("sha256="));

    receiver.fail(Upstream::Response::HTTP_BAD_GATEWAY);
    const json bad = admin().send("POST", std::string(kPath) + "/test").json();
    EXPECT_EQ(bad.at("delivered"), false);
    EXPECT_EQ(bad.at("response_status"), 502);

    const json history = admin().get(std::string(kPath) + "/deliveries").json().at("data");
    ASSERT_GE(history.size(), 2U);
    EXPECT_EQ(history[0].at("id"), bad.at("delivery_id"));
    EXPECT_EQ(history[0].at("status"), "failed");
    EXPECT_EQ(history[1].at("status"), "delivered");
    EXPECT_EQ(history[1].at("payload").at("event"), "test");
    EXPECT_EQ(
        admin().get(std::string(kPath) + "/deliveries?status=delivered").json().at("data").size() <
            history.size(),
        true);
}

TEST_F(WebhookApi, FailedRequestsReachTheReceiver) {
    Upstream receiver;
    receiver.answer([](auto&, auto& response) { response.send(); });
    put({{"enabled", true}, {"url", receiver.url("/hook")}, {"threshold", 3}});
    const auto report = [](const std::string& id, int status) {
        return json{{"request_id", id}, {"model", "ns.m"}, {"status_code", status}};
    };
    const HttpAnswer taken = instance().internal().post(
        "/internal/logs",
        json::array({report("a", 500), report("b", 429), report("c", 200), report("d", 503)}));
    ASSERT_EQ(taken.status, 200) << taken.body;
    ASSERT_TRUE(eventually(30s, [&] { return !receiver.asked().empty(); })) << instance().log();
    const json alert = json::parse(receiver.asked()[0].at(":body"));
    EXPECT_EQ(alert.at("event"), "alert");
    EXPECT_EQ(alert.at("errors"), 3);
    EXPECT_EQ(alert.at("models"), json::parse(R"([{"model":"ns.m","errors":3}])"));
    EXPECT_TRUE(eventually(10s, [] {
        return !admin()
                    .get(std::string(kPath) + "/deliveries?status=delivered&kind=alert")
                    .json()
                    .at("data")
                    .empty();
    }));
    EXPECT_FALSE(admin().get(kPath).json().at("last_alert_at").is_null());
}

TEST_F(WebhookApi, ATestNeedsAnAddress) {
    put({{"enabled", false}});
    const HttpAnswer answer = admin().send("POST", std::string(kPath) + "/test");
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.json().at("code"), "not_configured");
}

}  // namespace
}  // namespace ezapi::tests
