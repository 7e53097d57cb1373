// Sends secrets by every input, then searches everything that the system stores or outputs for
// them: every column of every table, every key and value of Redis, every log line, every answer and
// error, every audit row, every file of the state directory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string base64(std::string_view text) {
    static constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (held += 8; held >= 6;)
            out.push_back(kDigits[(bits >> static_cast<unsigned>(held -= 6)) & 63U]);
    }
    return out;  // without the last bits, which depend on the next character
}

std::string hex(std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        out.push_back(kDigits[static_cast<unsigned char>(c) >> 4U]);
        out.push_back(kDigits[static_cast<unsigned char>(c) & 15U]);
    }
    return out;
}

/// Collects text and searches it; counts what was searched.
class Canaries {
public:
    void add(const std::string& name, const std::string& secret) {
        ASSERT_GE(secret.size(), 16U) << name;
        for (const std::string& form : {secret, hex(secret), base64(secret)})
            forms_.emplace_back(form, name);
        ++count_;
    }

    /// The names of the secrets that occur in the text.
    [[nodiscard]] std::set<std::string> in(std::string_view text) {
        ++searched_;
        std::set<std::string> out;
        for (const auto& [form, name] : forms_)
            if (text.find(form) != std::string_view::npos) out.insert(name);
        return out;
    }

    [[nodiscard]] int count() const { return count_; }

    int take_searched() { return std::exchange(searched_, 0); }

private:
    std::vector<std::pair<std::string, std::string>> forms_;
    int count_ = 0;
    int searched_ = 0;
};

const std::string kSecretKey = "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7";
const std::string kAuditKey = "a0d17a0d17a0d17a0d17a0d17a0d17a0d17a0d17a0d17a0d17a0d17a0d17a0d1";
const std::string kJwtSecret = "canary-of-the-session-signature";

class CanaryTest : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"namespaces",
                            "masters",
                            "keys",
                            "provider-groups",
                            "models",
                            "bindings",
                            "features",
                            "logs",
                            "sync"},
                .environment = {{"EZ_SECRET_KEYS", kSecretKey},
                                {"EZ_AUDIT_KEYS", kAuditKey},
                                {"EZ_JWT_SECRET", kJwtSecret},
                                {"EZ_LOG_LEVEL", "trace"},
                                {"EZ_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.1"}}};
    }

    /// An answer may contain the secrets that it is meant to show.
    HttpAnswer say(const HttpAnswer& answer, const std::set<std::string>& shown = {}) {
        std::string whole = answer.body;
        for (const auto& [name, value] : answer.headers) whole += "\n" + name + ": " + value;
        for (const std::string& name : canaries_.in(whole))
            EXPECT_TRUE(shown.contains(name)) << name << " in " << whole;
        return answer;
    }

    void send_secrets();
    void send_what_is_refused();
    void read_everything();

    Canaries canaries_;
    json master_;
    json group_;
    json key_;
};

void CanaryTest::send_secrets() {
    canaries_.add("admin token", kAdminToken);
    canaries_.add("internal token", kInternalToken);
    canaries_.add("secret keys", kSecretKey);
    canaries_.add("audit keys", kAuditKey);
    canaries_.add("jwt secret", kJwtSecret);
    for (const char* name : {"api_key", "access_token", "refresh_token", "rotated_api_key"})
        canaries_.add(name, std::string("sk-canary-of-the-") + name);
    canaries_.add("webhook secret", "canary-of-the-webhook-secret");
    canaries_.add("wrong bearer", "canary-of-a-wrong-bearer-token");
    canaries_.add("idempotency key", "canary-of-an-idempotency-key");
    const Headers repeatable{{"Idempotency-Key", "canary-of-an-idempotency-key"}};

    say(admin().post("/admin/namespaces", {{"name", "canary"}}));
    const json master = {{"name", "canary"}, {"namespaces", {"canary"}}};
    master_ = admin().post("/admin/masters", master, repeatable).json();
    canaries_.add("master key", master_.at("master_key"));
    say(admin().post("/admin/masters", master, repeatable), {"master key"});  // the stored answer
    const std::string of = "/admin/masters/" + master_.at("id").dump();
    key_ = admin().post(of + "/keys", {{"name", "canary"}}, repeatable).json();
    canaries_.add("token", key_.at("token"));
    say(admin().post(of + "/keys", {{"name", "canary"}}, repeatable), {"token"});
    HttpClient tenant = instance().client(master_.at("master_key"));
    const json own = tenant.post("/v1/tokens", {{"name", "own"}}, repeatable).json();
    canaries_.add("own token", own.at("token"));
    const json rotated =
        tenant.post("/v1/tokens/" + own.at("id").dump() + "/rotate", {{"grace_seconds", 600}})
            .json();
    canaries_.add("rotated token", rotated.at("token"));
    const json session = admin().post("/admin/sessions", {{"scope", "read"}}).json();
    canaries_.add("session", session.at("token"));
    say(instance().client(session.at("token")).get("/admin/masters"));

    group_ = say(admin().post("/admin/provider-groups",
                              {{"name", "canary"},
                               {"type", "openai"},
                               {"base_url", "https://api.example.org/v1"},
                               {"models", {"m"}}}))
                 .json();
    const HttpAnswer upstream = say(admin().post("/admin/api-keys",
                                                 {{"group_id", group_.at("id")},
                                                  {"name", "canary"},
                                                  {"api_key", "sk-canary-of-the-api_key"}}));
    ASSERT_EQ(upstream.status, 201) << upstream.body;
    const json account = say(admin().post("/admin/provider-groups",
                                          {{"name", "account"},
                                           {"type", "claude-code"},
                                           {"base_url", "https://api.example.org/v1"},
                                           {"models", {"m"}}}))
                             .json();
    const HttpAnswer tokens =
        say(admin().post("/admin/api-keys",
                         {{"group_id", account.at("id")},
                          {"name", "account"},
                          {"access_token", "sk-canary-of-the-access_token"},
                          {"refresh_token", "sk-canary-of-the-refresh_token"}}));
    ASSERT_EQ(tokens.status, 201) << tokens.body;
    const HttpAnswer changed =
        say(admin().patch("/admin/api-keys/" + upstream.json().at("id").dump(),
                          {{"api_key", "sk-canary-of-the-rotated_api_key"}}));
    EXPECT_EQ(changed.status, 200) << changed.body;
    const HttpAnswer webhook = say(admin().put("/admin/logs/webhook",
                                               {{"enabled", true},
                                                {"url", "http://127.0.0.1:9/hook"},
                                                {"secret", "canary-of-the-webhook-secret"}}));
    EXPECT_EQ(webhook.status, 200) << webhook.body;
    say(admin().send("POST", "/admin/logs/webhook/test"));
}

/// Error messages must not repeat the value of a secret.
void CanaryTest::send_what_is_refused() {
    HttpClient wrong = instance().client("canary-of-a-wrong-bearer-token");
    for (const char* path : {"/admin/masters", "/v1/self", "/internal/metrics"})
        EXPECT_EQ(say(wrong.get(path)).status, 401) << path;
    const std::string keys = "/admin/api-keys";
    const json id = group_.at("id");
    for (const json& body :
         {json{{"api_key", "sk-canary-of-the-api_key"}},
          json{
              {"group_id", id}, {"name", "twice"}, {"api_key", "sk-canary-of-the-rotated_api_key"}},
          json{{"group_id", id}, {"name", "x"}, {"api_key", {{"in", "sk-canary-of-the-api_key"}}}},
          json{{"group_id", id}, {"name", "x"}, {"api_key", "sk-canary-of-the-api_key\nx: y"}},
          json{{"group_id", 999999}, {"name", "x"}, {"api_key", "sk-canary-of-the-api_key"}},
          json{{"group_id", id}, {"name", "x"}, {"unknown", "sk-canary-of-the-api_key"}}}) {
        const HttpAnswer answer = say(admin().post(keys, body));
        EXPECT_GE(answer.status, 400) << body;
        EXPECT_LT(answer.status, 500) << answer.body;
    }
    say(admin().send("POST",
                     keys,
                     R"({"api_key": "sk-canary-of-the-api_key")",
                     {{"Content-Type", "application/json"}}));
    say(admin().put("/admin/logs/webhook",
                    {{"enabled", "yes"}, {"secret", "canary-of-the-webhook-secret"}}));
    say(admin().post("/admin/masters",
                     {{"name", "another body"}},
                     {{"Idempotency-Key", "canary-of-an-idempotency-key"}}));
}

/// Calls every GET of the API document with existing ids.
void CanaryTest::read_everything() {
    const json document = admin().get("/swagger/openapi.json").json();
    HttpClient tenant = instance().client(master_.at("master_key"));
    HttpClient internal = instance().internal();
    for (const auto& [pattern, operations] : document.at("paths").items()) {
        if (!operations.contains("get")) continue;
        std::string path = pattern;
        for (size_t open = path.find('{'); open != std::string::npos; open = path.find('{'))
            path.replace(open,
                         path.find('}') - open + 1,
                         path.find("/keys/") == open - 6 ? key_.at("id").dump() : "1");
        for (HttpClient* client : {&admin(), &tenant, &internal}) say(client->get(path));
    }
}

TEST_F(CanaryTest, NoSecretIsFoundWhereItDoesNotBelong) {
    send_secrets();
    send_what_is_refused();
    read_everything();
    const int answers = canaries_.take_searched();
    EXPECT_TRUE(eventually(60s, [] { return redis().hash("config:providers").size() == 2; }))
        << redis().hash("config:providers").size() << instance().log();
    EXPECT_TRUE(eventually(60s, [] {
        return admin().get("/admin/operation-logs/verify").json().at("waiting") == 0;
    })) << admin().get("/admin/operation-logs/verify").body;

    SqlReader sql(instance().dsn());
    int columns = 0;
    for (const auto& table : sql.query(
             "SELECT c.oid::regclass::text, (SELECT count(*) FROM pg_attribute a WHERE a.attrelid "
             "= c.oid AND a.attnum > 0) FROM pg_class c JOIN pg_namespace n ON n.oid = "
             "c.relnamespace WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', "
             "'information_schema', 'pg_toast')")) {
        columns += std::stoi(*table[1]);
        for (const auto& row : sql.query("SELECT t::text FROM " + *table[0] + " t")) {
            EXPECT_THAT(canaries_.in(*row[0]), testing::IsEmpty()) << *table[0];
        }
    }
    const int rows = canaries_.take_searched();

    RedisReader reader = redis();
    const std::set<std::string> upstream = {"rotated_api_key", "access_token", "refresh_token"};
    for (const std::string& key : reader.keys("*")) {
        EXPECT_THAT(canaries_.in(key), testing::IsEmpty());
        const auto type = reader.command({"TYPE", key});
        std::vector<std::string> values;
        if (type == "hash") {
            for (const auto& [field, value] : reader.hash(key)) {
                values.push_back(field);
                values.push_back(value);
            }
        } else if (type == "string") {
            values.push_back(reader.command({"GET", key}).value_or(""));
        } else if (type == "set") {
            reader.command({"SMEMBERS", key}, &values);
        } else if (type == "zset") {
            reader.command({"ZRANGE", key, "0", "-1"}, &values);
        } else if (type == "list") {
            reader.command({"LRANGE", key, "0", "-1"}, &values);
        } else {
            ADD_FAILURE() << key << " is a " << type.value_or("nothing");
        }
        for (const std::string& value : values) {
            // The data plane needs these to call the providers.
            const std::set<std::string> expected =
                key == "config:providers" ? upstream : std::set<std::string>{};
            for (const std::string& name : canaries_.in(value))
                EXPECT_TRUE(expected.contains(name)) << name << " in " << key << ": " << value;
        }
    }
    const int redis_texts = canaries_.take_searched();

    std::istringstream log(instance().log());
    for (std::string line; std::getline(log, line);)
        EXPECT_THAT(canaries_.in(line), testing::IsEmpty()) << line;
    const int lines = canaries_.take_searched();

    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             instance().environment().at("EZ_STATE_DIR"))) {
        if (!entry.is_regular_file()) continue;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        EXPECT_THAT(canaries_.in(text.str()), testing::IsEmpty()) << entry.path();
    }
    std::cout << canaries_.count() << " secrets in three spellings; searched: " << answers
              << " answers, " << columns << " columns with " << rows << " rows, " << redis_texts
              << " keys and values of Redis, " << lines << " log lines, "
              << canaries_.take_searched() << " files\n";
    EXPECT_GT(rows, 30);
    EXPECT_GT(redis_texts, 30);
    EXPECT_GT(lines, 30);
}

}  // namespace
}  // namespace ezapi::tests
