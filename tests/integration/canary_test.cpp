// No secret leaves its place: every credential that the server takes or makes is planted, then each
// column of each table, each key and value in Redis, the log, the answers of the API and the output
// of the commands are searched for it, as plain text, in hex and in base64.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <iostream>

#include "ezapi/base64.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr const char* kInternal = "Yt6bN3mC9dQe1Ha5-canary-internal";
constexpr const char* kAdmin = "Zq8vK2pL0sXw7Rt4-canary-admin";
constexpr const char* kJwt = "canary-jwt-5Gh2Kd8Wq1Zx7Vb4Nm6Ls3";
constexpr const char* kRing = "8f1c2b3a4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8";
constexpr const char* kDsnPassword = "canaryDsn4Hs9Tq";
constexpr const char* kRedisPassword = "canaryRedis7Jw3Xm";

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const unsigned char c : bytes) {
        out.push_back(kDigits[c >> 4U]);
        out.push_back(kDigits[c & 15U]);
    }
    return out;
}

/// A secret, and the places that hold it by the contract.
struct Canary {
    std::string name;
    std::string value;
    std::vector<std::string> allowed;  // beginnings of places

    [[nodiscard]] std::vector<std::string> forms() const {
        // Without the last two characters, which depend on what follows in the encoded text.
        std::string coded = base64url(value);
        coded.resize(coded.size() - 2);
        std::string standard = coded;
        std::replace(standard.begin(), standard.end(), '-', '+');
        std::replace(standard.begin(), standard.end(), '_', '/');
        return {value, hex(value), coded, standard};
    }
};

class CanaryTest : public InstanceTest {
protected:
    static PrivateRedis& store() {
        static PrivateRedis redis({"--requirepass", kRedisPassword});
        return redis;
    }

    InstanceOptions options() const override {
        return {.plugins = {"masters",
                            "keys",
                            "namespaces",
                            "provider-groups",
                            "models",
                            "bindings",
                            "features",
                            "logs",
                            "sync"},
                .dsn = PrivatePostgres::shared().fresh_database() + " password=" + kDsnPassword,
                .redis = "127.0.0.1:" + std::to_string(store().port()),
                .environment = {{"EZ_ADMIN_TOKEN", kAdmin},
                                {"EZ_INTERNAL_STATS_TOKEN", kInternal},
                                {"EZ_JWT_SECRET", kJwt},
                                {"EZ_REDIS_PASSWORD", kRedisPassword},
                                {"EZ_SECRET_KEYS", std::string("ring:") + kRing},
                                {"EZ_LOG_LEVEL", "trace"}}};
    }

    void SetUp() override {
        InstanceTest::SetUp();
        if (IsSkipped()) return;
        operator_ = std::make_unique<HttpClient>(instance().client(kAdmin));
        plant("admin token", kAdmin);
        plant("internal token", kInternal);
        plant("key that signs sessions", kJwt);
        plant("key that encrypts credentials", kRing);
        plant("password of the database", kDsnPassword);
        plant("password of Redis", kRedisPassword);
    }

    std::string plant(const std::string& name,
                      const std::string& value,
                      std::vector<std::string> allowed = {}) {
        canaries_.push_back({name, value, std::move(allowed)});
        return value;
    }

    /// Sends a request whose answer is searched, too.
    Json seen(const std::string& method,
              const std::string& target,
              const std::string& body = {},
              Headers headers = {}) {
        const HttpAnswer answer = operator_->send(method, target, body, headers);
        std::string text = answer.body;
        for (const auto& [name, value] : answer.headers) text += "\n" + name + ": " + value;
        places_.emplace_back(
            "answer of " + method + " " + target + " (" + std::to_string(answer.status) + ")",
            std::move(text));
        ++statuses_[answer.status / 100];
        return answer.body.empty() ? Json() : Json::parse(answer.body, nullptr, false);
    }

    /// Sends a request whose answer shows a secret once, by its purpose.
    Json shown_once(const std::string& target, const Json& body, Headers headers = {}) {
        const HttpAnswer answer = operator_->post(target, body, headers);
        EXPECT_LT(answer.status, 300) << target << ": " << answer.body;
        return answer.json();
    }

    std::string make_tenants() {
        seen("POST", "/admin/namespaces", R"({"name": "demo"})");
        const Json master = shown_once("/admin/masters",
                                       {{"name", "acme"}, {"namespaces", {"demo"}}},
                                       {{"Idempotency-Key", "one"}});
        plant("master key", master.at("master_key"));
        const std::string place = "/admin/masters/" + master.at("id").dump();
        const Json rotated = shown_once(place + "/manage", {{"action", "rotate-key"}});
        const std::string key = plant("rotated master key", rotated.at("master_key"));
        const Json token =
            shown_once(place + "/keys", {{"name", "laptop"}}, {{"Idempotency-Key", "two"}});
        plant("token", token.at("token"));
        const Json second = shown_once(place + "/keys/" + token.at("id").dump() + "/rotate",
                                       {{"grace_seconds", 600}});
        const std::string bearer = plant("rotated token", second.at("token"));
        const Json session = shown_once("/admin/sessions", {{"scope", "write"}});
        plant("session", session.at("token"));
        seen(
            "POST", "/admin/bindings/explain", Json{{"token", bearer}, {"model", "demo.m"}}.dump());
        return key;
    }

    void make_upstreams() {
        const std::vector<std::string> redis{"Redis config:providers"};
        const std::string first = plant("upstream key", "sk-canary-3Fk8Vn2Qz7Lw5Tx9Bd4", redis);
        const std::string next =
            plant("upstream key, changed", "sk-canary-9Pq4Rm7Yc1Gs6Hv2Jt8", redis);
        const std::string batch =
            plant("upstream key of a batch", "sk-canary-2Lz5Kb8Nw3Xd7Fq1Mr6", redis);
        const std::string refused =
            plant("upstream key of a refused body", "sk-canary-7Tg1Vy4Hs9Jc3Pd6Wk2");
        const std::string access = plant("access token", "ya29.canary-6Bn9Xk2Mv5Qr8Tw1Zl4", redis);
        const std::string refresh = plant("refresh token", "1//canary-4Dj7Gp1Ks8Nx3Vb6Yq9", redis);
        const Json group = seen("POST",
                                "/admin/provider-groups",
                                R"({"name": "g", "type": "openai", "models": ["gpt"]})");
        const Json google =
            seen("POST",
                 "/admin/provider-groups",
                 R"({"name": "v", "type": "vertex", "google_project": "p", "models": ["gemini"]})");
        const auto key = [&](const std::string& name, const std::string& value) {
            return Json{{"group_id", group.at("id")}, {"name", name}, {"api_key", value}};
        };
        const Json made = seen("POST", "/admin/api-keys", key("a", first).dump());
        seen("PATCH", "/admin/api-keys/" + made.at("id").dump(), Json{{"api_key", next}}.dump());
        seen("POST",
             "/admin/api-keys/batch",
             Json{{"operations", {{{"op", "create"}, {"data", key("b", batch)}}}}}.dump());
        seen("POST",
             "/admin/api-keys",
             Json{{"group_id", google.at("id")},
                  {"name", "o"},
                  {"access_token", access},
                  {"refresh_token", refresh},
                  {"token_expires_at", "2030-01-01T00:00:00Z"}}
                 .dump());
        // Refused in every way that has the secret in the request.
        for (const Json& body : {Json{{"group_id", 999999}, {"name", "c"}, {"api_key", refused}},
                                 key("c", refused + " with a space"),
                                 key("d", std::string(20000, 'x') + refused),
                                 Json{{"group_id", "one"}, {"api_key", refused}},
                                 Json{{"api_keys", refused}}}) {
            seen("POST", "/admin/api-keys", body.dump());
            seen("POST",
                 "/admin/api-keys/batch",
                 Json{{"operations", {{{"op", "create"}, {"data", body}}}}}.dump());
        }
        seen("POST", "/admin/api-keys", R"({"api_key": ")" + refused + R"(", )");
        seen("POST", "/admin/api-keys", refused);
        make_webhook();
    }

    void make_webhook() {
        const std::string key =
            plant("signing key of the webhook", "canary-hook-8Wz3Nq6Bt1Fx5Lk9Gd");
        const std::string bad = plant("refused signing key", "canary-hook-1Hv4Js7Md2Qp8Xc5Ry");
        seen("PUT",
             "/admin/logs/webhook",
             Json{{"enabled", true}, {"url", "https://receiver.invalid/hook"}, {"secret", key}}
                 .dump());
        seen("POST", "/admin/logs/webhook/test");
        seen("PUT", "/admin/logs/webhook", Json{{"enabled", "yes"}, {"secret", bad}}.dump());
        seen("PUT",
             "/admin/logs/webhook",
             Json{{"url", "https://user:" + bad + "@receiver.invalid/"}}.dump());
    }

    void guess() {
        const std::string wrong = plant("wrong credential", "canary-wrong-5Xb8Tk1Wq4Zn7Lf2");
        for (const char* target : {"/admin/masters", "/v1/self", "/internal/metrics"}) {
            seen("GET", target, {}, {{"Authorization", "Bearer " + wrong}});
            seen("GET", target, {}, {{"Authorization", "Basic " + wrong}});
            seen("GET", target, {}, {{"Authorization", wrong}});
        }
    }

    void read_all(const std::string& master_key) {
        const Json document = seen("GET", "/swagger/openapi.json");
        for (const auto& [path, methods] : document.at("paths").items()) {
            if (!methods.contains("get")) continue;
            std::string target = path;
            for (size_t at = target.find('{'); at != std::string::npos; at = target.find('{'))
                target.replace(at, target.find('}', at) + 1 - at, "1");
            const std::string bearer = path.starts_with("/v1/")         ? master_key
                                       : path.starts_with("/internal/") ? kInternal
                                                                        : kAdmin;
            seen("GET", target, {}, {{"Authorization", "Bearer " + bearer}});
        }
    }

    void read_database() {
        SqlReader sql(instance().dsn());
        const auto tables = sql.query(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE "
            "TABLE'");
        for (const auto& table : tables) {
            const auto rows = sql.query("SELECT row_to_json(t)::text FROM " + *table[0] + " t");
            rows_ += rows.size();
            for (const auto& row : rows) places_.emplace_back("table " + *table[0], *row[0]);
        }
        tables_ = tables.size();
    }

    void read_redis() {
        RedisReader redis(store().port());
        redis.command({"AUTH", kRedisPassword});
        for (const std::string& key : redis.keys("*")) {
            const std::string type = redis.command({"TYPE", key}).value_or("");
            std::vector<std::string> parts{key};
            if (type == "hash") redis.command({"HGETALL", key}, &parts);
            if (type == "string") parts.push_back(redis.command({"GET", key}).value_or(""));
            if (type == "list") redis.command({"LRANGE", key, "0", "-1"}, &parts);
            if (type == "set") redis.command({"SMEMBERS", key}, &parts);
            if (type == "zset") redis.command({"ZRANGE", key, "0", "-1"}, &parts);
            if (type == "stream") redis.command({"XRANGE", key, "-", "+"}, &parts);
            for (const std::string& part : parts) places_.emplace_back("Redis " + key, part);
            ++keys_;
        }
    }

    void read_commands() {
        for (const char* command : {"check-config", "plugins"}) {
            places_.emplace_back(std::string("ezapi ") + command,
                                 run_ezapi({command}, instance().environment()).output);
        }
        places_.emplace_back("log", instance().log());
    }

    /// The places that hold a secret they should not; and those where one has to be, but is not.
    [[nodiscard]] std::vector<std::string> findings() const {
        std::vector<std::string> out;
        for (const Canary& canary : canaries_) {
            const auto forms = canary.forms();
            for (const auto& [place, text] : places_) {
                const bool allowed = std::any_of(
                    canary.allowed.begin(),
                    canary.allowed.end(),
                    [&place](const std::string& each) { return place.starts_with(each); });
                if (allowed) continue;
                for (const std::string& form : forms) {
                    const size_t at = text.find(form);
                    if (at == std::string::npos) continue;
                    out.push_back(canary.name + " in " + place + ": " +
                                  text.substr(at - std::min<size_t>(at, 60), 120));
                    break;
                }
            }
        }
        return out;
    }

    std::unique_ptr<HttpClient> operator_;
    std::vector<Canary> canaries_;
    std::vector<std::pair<std::string, std::string>> places_;
    std::map<int, size_t> statuses_;
    size_t tables_ = 0;
    size_t rows_ = 0;
    size_t keys_ = 0;
};

TEST_F(CanaryTest, FindsNoSecretOutsideItsPlace) {
    const std::string master_key = make_tenants();
    make_upstreams();
    guess();
    push_all(*operator_);
    RedisReader redis(store().port());
    redis.command({"AUTH", kRedisPassword});
    ASSERT_TRUE(eventually(30s, [&] { return redis.length("config:providers") == 3; }));
    read_all(master_key);
    read_database();
    read_redis();
    read_commands();

    EXPECT_THAT(findings(), testing::IsEmpty());
    // The search itself works: it finds what the contract puts into Redis.
    canaries_.push_back({"upstream key, where it belongs", "sk-canary-9Pq4Rm7Yc1Gs6Hv2Jt8", {}});
    EXPECT_THAT(findings(), testing::Contains(testing::HasSubstr("in Redis config:providers")));
    std::cout << canaries_.size() - 1 << " secrets, " << places_.size() << " texts: " << tables_
              << " tables with " << rows_ << " rows, " << keys_ << " keys in Redis, "
              << statuses_[2] << " answers of success and " << statuses_[4] << " refusals\n";
    EXPECT_GT(tables_, 20U);
    EXPECT_GT(rows_, 50U);
    EXPECT_GT(statuses_[2], 50U);
    EXPECT_GT(statuses_[4], 20U);
    EXPECT_EQ(statuses_[5], 0U);
}

}  // namespace
}  // namespace ezapi::tests
