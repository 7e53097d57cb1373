// Compares POST /admin/bindings/explain, which reads the database, with the decisions of a data
// plane that reads only Redis; and the impact of an API key with the effect of removing it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <random>

#include "tests/dataplane/resolver.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kPairs = 1200;
const std::vector<std::string> kSpaces{"open", "closed", "other", "nowhere"};
const std::vector<std::string> kModels{
    "plain", "vip-only", "unbound", "broken", "empty-group", "off", "half", "a/b.c", "many"};
const std::vector<std::string> kAddresses{
    "", "10.1.2.3", "10.200.0.1", "192.0.2.7", "2001:db8::7", "2001:db9::1", "::ffff:10.1.2.3"};

struct Caller {
    std::string token;
    std::int64_t key_id = 0;
};

class ExplainTest : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {
            .plugins = {
                "namespaces", "masters", "keys", "provider-groups", "bindings", "logs", "sync"}};
    }

    static json create(const std::string& path, const json& body) {
        const HttpAnswer answer = admin().post(path, body);
        if (answer.status != 201) throw std::runtime_error(path + ": " + answer.body);
        return answer.json();
    }

    static std::int64_t id_of(const json& made) { return made.at("id").get<std::int64_t>(); }

    /// Built once for all tests: they only read, or restore what they change.
    void SetUp() override {
        InstanceTest::SetUp();
        if (IsSkipped() || !callers_.empty()) return;
        load_routing();
        load_tokens();
        age_tokens();
    }

    static void bind(const std::string& space,
                     const std::string& model,
                     std::int64_t group,
                     json more = json::object()) {
        more.update({{"namespace", space}, {"public_model", model}, {"group_id", group}});
        create("/admin/bindings", more);
    }

    static std::int64_t group(const std::string& name, const json& models) {
        return id_of(create("/admin/provider-groups",
                            {{"name", name}, {"type", "openai"}, {"models", models}}));
    }

    static std::int64_t api_key(std::int64_t of, const std::string& name, json more = {}) {
        if (more.is_null()) more = json::object();
        more.update({{"group_id", of}, {"name", name}, {"api_key", "sk-upstream-of-" + name}});
        return id_of(create("/admin/api-keys", more));
    }

    static void load_routing() {
        for (const char* space : {"open", "closed", "other"})
            create("/admin/namespaces", {{"name", space}});
        const json models{"plain", "vip-only", "off", "half", "a/b.c", "many-1", "many-2"};
        const std::int64_t first = group("first", models);
        const std::int64_t second = group("second", models);
        const std::int64_t keyless = group("keyless", models);
        const std::int64_t resting = group("resting", models);
        first_key_ = api_key(first, "one");
        api_key(first, "two", {{"weight", 3}});
        api_key(first, "three", {{"status", "suspended"}});
        second_key_ = api_key(second, "four");
        api_key(resting, "five");
        EXPECT_EQ(admin()
                      .patch("/admin/provider-groups/" + std::to_string(resting),
                             {{"status", "suspended"}})
                      .status,
                  200);
        for (const char* space : {"open", "closed", "other"}) {
            bind(space, "plain", first, {{"weight", 10}});
            bind(space, "plain", second);
            bind(space, "plain", resting);
            bind(space, "vip-only", second, {{"route_group", "vip"}});
            bind(space, "broken", first);
            bind(space, "empty-group", keyless, {{"selector_value", "plain"}});
            bind(space, "off", first, {{"status", "suspended"}});
            bind(space, "half", first, {{"status", "suspended"}});
            bind(space, "half", second);
            bind(space, "half", keyless, {{"route_group", "vip"}});
            bind(space, "a/b.c", second, {{"route_group", "vip"}, {"weight", 7}});
            bind(space, "a/b.c", first);
            bind(space, "many", first, {{"selector_type", "regex"}, {"selector_value", "^many"}});
        }
        const json spaces = admin().get("/admin/namespaces?name=closed").json().at("data");
        EXPECT_EQ(
            admin()
                .patch("/admin/namespaces/" + spaces[0].at("id").dump(), {{"status", "suspended"}})
                .status,
            200);
    }

    static json some(const std::vector<std::string>& from, unsigned most) {
        json out = json::array();
        for (size_t i = random_() % (most + 1); i > 0; --i) {
            const std::string& item = from[random_() % from.size()];
            if (std::find(out.begin(), out.end(), json(item)) == out.end()) out.push_back(item);
        }
        return out;
    }

    static json token_body(int n) {
        static const std::vector<std::string> kNetworks{
            "10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "2001:db8::/32", "::/0"};
        std::vector<std::string> names = kModels;
        for (const std::string& model : kModels) names.push_back("open." + model);
        json out{{"name", "token-" + std::to_string(n)}};
        if (n % 3 == 1) out["models"] = some(names, 12);
        if (n % 4 == 1) out["models_denied"] = some(names, 3);
        if (n % 5 == 1) out["ip_allow"] = some(kNetworks, 2);
        if (n % 5 == 2) out["ip_deny"] = some(kNetworks, 2);
        if (n % 7 == 1) out["quota_limit"] = 1000;
        if (n % 8 == 1) out["expires_at"] = "2099-01-01T00:00:00Z";
        if (n % 11 == 1) out["status"] = "suspended";
        if (n % 6 == 2) out["namespaces"] = {"open"};
        return out;
    }

    static void load_tokens() {
        const std::vector<json> masters{
            {{"name", "free"}},
            {{"name", "vip"}, {"group", "vip"}, {"default_namespace", "open"}},
            {{"name", "bound"}, {"namespaces", {"open", "other"}}},
            {{"name", "suspended"}},
            {{"name", "revoked"}, {"group", "nobody"}},
            {{"name", "moved"}, {"namespaces", {"open"}}},
        };
        std::vector<std::int64_t> ids;
        for (const json& master : masters) {
            ids.push_back(id_of(create("/admin/masters", master)));
            const std::string path = "/admin/masters/" + std::to_string(ids.back());
            for (int n = 0; n < 24; ++n) {
                const json made = create(path + "/keys", token_body(n));
                callers_.push_back({made.at("token"), id_of(made)});
            }
        }
        const auto manage = [&](size_t master, const char* action) {
            EXPECT_EQ(admin()
                          .post("/admin/masters/" + std::to_string(ids[master]) + "/manage",
                                {{"action", action}})
                          .status,
                      200);
        };
        manage(3, "suspend");
        manage(4, "revoke-tokens");
        // Tokens that named `open` now have no namespace in common with their master.
        EXPECT_EQ(
            admin()
                .patch("/admin/masters/" + std::to_string(ids[5]), {{"namespaces", {"other"}}})
                .status,
            200);
        for (const size_t master : {size_t{0}, size_t{4}}) {
            const std::string path = "/admin/masters/" + std::to_string(ids[master]) + "/keys";
            const json made = create(path, {{"name", "rotated"}});
            const HttpAnswer rotated = admin().post(path + "/" + made.at("id").dump() + "/rotate",
                                                    {{"grace_seconds", 3600}});
            EXPECT_EQ(rotated.status, 200) << rotated.body;
            callers_.push_back({made.at("token"), 0});
            callers_.push_back({rotated.json().at("token"), id_of(made)});
        }
        callers_.push_back({"sk-nobody", 0});
        callers_.push_back({"", 987654321});
    }

    /// Ages and uses tokens, without the effect of the maintenance jobs.
    static void age_tokens() {
        SqlReader sql(instance().dsn());
        sql.query("UPDATE keys SET expires_at = now() - interval '1 minute' WHERE id % 16 = 9");
        sql.query("UPDATE keys SET quota_used = quota_limit WHERE quota_limit > 0 AND id % 2 = 0");
        EXPECT_EQ(push_all(admin()).status / 100, 2);
        EXPECT_TRUE(eventually(30s, [] {
            const json sync = admin().get("/admin/sync").json();
            return sync.at("outbox").at("pending") == 0 && !sync.at("last_full_push_at").is_null();
        }));
    }

    static json explain(const json& body) {
        const HttpAnswer answer = admin().post("/admin/bindings/explain", body);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json();
    }

    static json question(const Caller& caller, const std::string& model, const std::string& ip) {
        json out{{"model", model}};
        if (caller.key_id != 0 && (caller.token.empty() || random_() % 2 == 0)) {
            out["key_id"] = caller.key_id;
        } else {
            out["token"] = caller.token;
        }
        if (!ip.empty()) out["ip"] = ip;
        return out;
    }

    static Decision decision_of(const json& explanation) {
        Decision out;
        if (!explanation.at("refusal").is_null()) {
            out.refusal = explanation.at("refusal");
            return out;
        }
        for (const json& candidate : explanation.at("candidates")) {
            if (!candidate.at("serves").get<bool>()) continue;
            auto& upstreams = out.candidates[candidate.at("group_id").dump() + "/" +
                                             candidate.at("route_group").get<std::string>() + "/" +
                                             candidate.at("weight").dump()];
            for (const json& upstream : candidate.at("upstreams")) {
                if (upstream.at("serves").get<bool>())
                    upstreams[upstream.at("api_key_id").dump()] = candidate.at("upstream_model");
            }
        }
        return out;
    }

    static Decision seen(const Caller& caller, const std::string& model, const std::string& ip) {
        return Resolver(PrivateRedis::shared().port(), std::time(nullptr))
            .resolve(caller.token, model, ip);
    }

    static json impact(std::int64_t api_key, const std::string& query = {}) {
        const HttpAnswer answer =
            admin().get("/admin/api-keys/" + std::to_string(api_key) + "/impact" + query);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json();
    }

    static void set_status(std::int64_t api_key, const char* status) {
        const HttpAnswer answer =
            admin().patch("/admin/api-keys/" + std::to_string(api_key), {{"status", status}});
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_TRUE(eventually(
            10s, [] { return admin().get("/admin/sync").json().at("outbox").at("pending") == 0; }));
    }

    inline static std::mt19937 random_{4};
    inline static std::vector<Caller> callers_;
    inline static std::int64_t first_key_ = 0;
    inline static std::int64_t second_key_ = 0;
};

TEST_F(ExplainTest, AgreesWithADataPlaneThatReadsRedisAlone) {
    std::map<std::string, int> refusals;
    for (size_t i = 0; i < kPairs; ++i) {
        const Caller& caller = callers_[random_() % callers_.size()];
        std::string model = kModels[random_() % kModels.size()];
        const bool dotless = model != "a/b.c" && random_() % 10 == 0;
        if (!dotless) model = kSpaces[random_() % 10 < 6 ? 0 : random_() % 4] + "." + model;
        const std::string& ip = kAddresses[random_() % kAddresses.size()];
        if (caller.token.empty()) continue;
        const json asked = question(caller, model, ip);
        Decision explained;
        Decision decided;
        // Repeated in case a maintenance job has run in between.
        const bool agreed = eventually(5s, [&] {
            explained = decision_of(explain(asked));
            decided = seen(caller, model, ip);
            return explained == decided;
        });
        ASSERT_TRUE(agreed) << "key " << caller.key_id << ", " << model << ", '" << ip
                            << "':\n  explained " << explained.text() << "\n  Redis     "
                            << decided.text();
        ++refusals[explained.refusal.empty() ? "allowed" : explained.refusal];
    }
    for (const char* met : {"allowed",
                            "unknown_token",
                            "token_not_active",
                            "token_expired",
                            "quota_exhausted",
                            "ip_denied",
                            "ip_not_allowed",
                            "namespace_not_allowed",
                            "namespace_not_active",
                            "model_not_allowed",
                            "model_denied",
                            "no_binding",
                            "no_candidate"})
        EXPECT_GT(refusals[met], 0) << met << " never came up";
}

TEST_F(ExplainTest, EveryRuleIsToldWithWhatDecidedIt) {
    const json made = create("/admin/masters", {{"name", "told"}});
    const std::string path = "/admin/masters/" + made.at("id").dump();
    const json key = create(path + "/keys", {{"name", "t"}, {"models_denied", {"plain"}}});
    const json said = explain({{"key_id", key.at("id")}, {"model", "open.plain"}});
    EXPECT_EQ(said.at("decision"), "deny");
    EXPECT_EQ(said.at("refusal"), "model_denied");
    std::vector<std::string> order;
    for (const json& rule : said.at("rules")) {
        order.push_back(rule.at("rule"));
        EXPECT_EQ(rule.at("verdict") == "fail", rule.at("rule") == "model_not_denied")
            << rule.dump();
    }
    EXPECT_EQ(order,
              (std::vector<std::string>{"token_known",
                                        "token_active",
                                        "token_not_expired",
                                        "within_quota",
                                        "master_active",
                                        "token_epoch",
                                        "ip_not_denied",
                                        "ip_allowed",
                                        "namespace_allowed",
                                        "namespace_active",
                                        "model_allowed",
                                        "model_not_denied",
                                        "binding_active",
                                        "candidate_usable"}));
    EXPECT_EQ(said.at("rules")[11].at("entity"),
              json({{"resource", "keys"}, {"id", key.at("id")}, {"version", key.at("version")}}));
    EXPECT_EQ(said.at("rules")[4].at("entity"),
              json({{"resource", "masters"}, {"id", made.at("id")}, {"version", 1}}));
    // The candidates are reported all the same: two API keys of the first group, one of the second.
    ASSERT_EQ(said.at("candidates").size(), 3U);
    const json& first = said.at("candidates")[0];
    EXPECT_EQ(first.at("weight"), 10);
    EXPECT_TRUE(first.at("serves").get<bool>());
    EXPECT_EQ(first.at("upstreams").size(), 3U);
    EXPECT_EQ(first.at("upstreams")[1].at("weight"), 3);
    EXPECT_FALSE(first.at("upstreams")[2].at("serves").get<bool>());
    EXPECT_EQ(said.at("candidates")[2].at("reason"), "no_provider");

    EXPECT_EQ(admin().post(path + "/manage", {{"action", "suspend"}}).status, 200);
    const json suspended = explain({{"key_id", key.at("id")}, {"model", "open.plain"}});
    EXPECT_EQ(suspended.at("refusal"), "token_not_active");
    EXPECT_EQ(suspended.at("rules")[1].at("entity").at("resource"), "masters");
    EXPECT_EQ(suspended.at("rules")[1].at("entity").at("version"), 2);
    EXPECT_EQ(admin().remove(path).status, 204);
}

TEST_F(ExplainTest, SaysThatTheQuotaOfTheMasterIsUsedUp) {
    const json made =
        create("/admin/masters",
               {{"name", "used-up"}, {"default_namespace", "open"}, {"quota_limit", 10}});
    const std::string path = "/admin/masters/" + made.at("id").dump();
    const json spender = create(path + "/keys", {{"name", "spender"}});
    const json key = create(path + "/keys", {{"name", "other"}});
    const Caller caller{key.at("token"), id_of(key)};
    const json asked{{"key_id", key.at("id")}, {"model", "open.plain"}};
    EXPECT_EQ(explain(asked).at("decision"), "allow");
    const HttpAnswer report = instance().internal().post(
        "/internal/stats/flush",
        {{"node", "n"},
         {"epoch", "e"},
         {"sequence", 1},
         {"items", {{{"key_id", spender.at("id")}, {"requests", 1}, {"tokens_in", 10}}}}});
    ASSERT_EQ(report.status, 200) << report.body;
    const json said = explain(asked);
    EXPECT_EQ(said.at("decision"), "deny");
    EXPECT_EQ(said.at("refusal"), "token_not_active");
    const json& rule = said.at("rules")[1];
    EXPECT_EQ(rule.at("rule"), "token_active");
    EXPECT_EQ(rule.at("verdict"), "fail");
    EXPECT_THAT(rule.at("detail").get<std::string>(), HasSubstr("quota that its master's"));
    EXPECT_EQ(rule.at("entity"),
              json({{"resource", "masters"}, {"id", made.at("id")}, {"version", 1}}));
    EXPECT_TRUE(
        eventually(10s, [&] { return decision_of(said) == seen(caller, "open.plain", ""); }));
    EXPECT_EQ(admin().patch(path, {{"quota_limit", 20}}).status, 200);
    EXPECT_EQ(explain(asked).at("decision"), "allow");
    EXPECT_EQ(admin().remove(path).status, 204);
}

TEST_F(ExplainTest, NamesTheModelThatAClientHasToAskFor) {
    const std::int64_t dots = group("dots", {"gpt-4.1-mini"});
    api_key(dots, "dots");
    bind("open", "gpt-4.1-mini", dots);
    bind("other", "gpt-4.1-mini", dots);
    std::vector<std::string> made_here;  // other tests count tokens
    const auto caller = [&](const json& master) {
        const json made = create("/admin/masters", master);
        made_here.push_back("/admin/masters/" + made.at("id").dump());
        const json key =
            create("/admin/masters/" + made.at("id").dump() + "/keys", {{"name", "t"}});
        return Caller{key.at("token"), id_of(key)};
    };
    const auto ask = [&](const Caller& who, const char* model) {
        const json said = explain({{"key_id", who.key_id}, {"model", model}});
        EXPECT_TRUE(eventually(10s, [&] { return decision_of(said) == seen(who, model, ""); }))
            << said.dump(1);
        return said;
    };
    const Caller home = caller({{"name", "dots-1"}, {"default_namespace", "open"}});
    const json refused = ask(home, "gpt-4.1-mini");
    EXPECT_EQ(refused.at("decision"), "deny");
    EXPECT_EQ(refused.at("namespace"), "gpt-4");
    EXPECT_EQ(refused.at("ask_for"), "open.gpt-4.1-mini");
    for (const json& rule : refused.at("rules")) {
        if (rule.at("rule") != "namespace_active") continue;
        EXPECT_EQ(rule.at("verdict"), "fail");
        EXPECT_EQ(rule.at("detail"),
                  "no such namespace: 'gpt-4'; a name is split at its first dot, so that this one "
                  "is read as model '1-mini' of namespace 'gpt-4': ask for 'open.gpt-4.1-mini'");
    }
    const json allowed = ask(home, "open.gpt-4.1-mini");
    EXPECT_EQ(allowed.at("decision"), "allow");
    EXPECT_EQ(allowed.at("ask_for"), json());

    // Not the default namespace if the token may not use it, and none if it may use nothing.
    const Caller bound = caller({{"name", "dots-2"}, {"namespaces", {"other"}}});
    EXPECT_EQ(ask(bound, "gpt-4.1-mini").at("ask_for"), "other.gpt-4.1-mini");
    EXPECT_EQ(ask(home, "gpt-9.1").at("ask_for"), json());
    const Caller nowhere = caller({{"name", "dots-3"}});
    EXPECT_EQ(ask(nowhere, "plain").at("ask_for"), "open.plain") << "no dot and no default";
    EXPECT_EQ(explain({{"token", "sk-nobody"}, {"model", "gpt-4.1-mini"}}).at("ask_for"), json());
    for (const std::string& master : made_here) EXPECT_EQ(admin().remove(master).status, 204);
}

TEST_F(ExplainTest, ATokenInTheBodyIsFoundNowhereElse) {
    const std::string token = callers_.front().token;
    const std::string secret = token.substr(3);
    EXPECT_EQ(explain({{"token", token}, {"model", "open.plain"}}).dump().find(secret),
              std::string::npos);
    const Headers once{{"Idempotency-Key", "explain-once"}};
    EXPECT_EQ(
        admin()
            .post("/admin/bindings/explain", {{"token", token}, {"model", "open.plain"}}, once)
            .status,
        400)
        << "nothing is stored under a key";
    for (const std::string& broken :
         {"{\"model\": 1, \"token\": \"" + token + "\"}",
          "{\"model\": \"m\", \"token\": [\"" + token + "\"]}",
          "{\"model\": \"m\", \"token\": \"" + token + "\", \"key_id\": 1}",
          "{\"model\": \"m\", \"token\": \"" + token + "\"",
          "{\"model\": \"m\", \"token\" \"" + token + "\"}"}) {
        const HttpAnswer answer = admin().send("POST", "/admin/bindings/explain", broken);
        EXPECT_TRUE(answer.status == 400 || answer.status == 422) << answer.body;
        EXPECT_THAT(answer.body, Not(HasSubstr(secret)));
    }
    EXPECT_THAT(instance().log(), Not(HasSubstr(secret)));
    SqlReader sql(instance().dsn());
    for (const SqlRow& table :
         sql.query("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                   "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")) {
        EXPECT_EQ(sql.value("SELECT count(*) FROM " + *table[0] + " t WHERE t::text LIKE '%" +
                            secret + "%'"),
                  "0")
            << *table[0];
    }
    EXPECT_EQ(sql.value("SELECT count(*) FROM operation_logs WHERE path LIKE '%explain%'"), "0");
}

TEST_F(ExplainTest, BadQuestionsAreFaultsOfTheirFields) {
    const auto fault = [](const json& body) {
        const HttpAnswer answer = admin().post("/admin/bindings/explain", body);
        EXPECT_EQ(answer.status, 422) << answer.body;
        return answer.json().at("errors")[0].at("field").get<std::string>();
    };
    EXPECT_EQ(fault({{"model", "open.plain"}}), "token");
    EXPECT_EQ(fault({{"model", "open.plain"}, {"token", "sk-x"}, {"key_id", 1}}), "key_id");
    EXPECT_EQ(fault({{"key_id", 1}}), "model");
    EXPECT_EQ(fault({{"key_id", 1}, {"model", "m"}, {"ip", "10.0.0"}}), "ip");
    EXPECT_EQ(fault({{"key_id", 1}, {"model", "m"}, {"color", "red"}}), "color");
}

/// The data plane's decisions for all tokens and models.
using Allowed = std::map<std::pair<std::string, std::string>, Decision>;

TEST_F(ExplainTest, ImpactForetellsWhatTheDataPlaneRefusesWithoutTheApiKey) {
    for (const std::int64_t api_key : {first_key_, second_key_}) {
        const json foretold = impact(api_key);
        const auto decide_all = [&] {
            Allowed out;
            Resolver resolver(PrivateRedis::shared().port(), std::time(nullptr));
            for (const Caller& caller : callers_) {
                if (caller.key_id == 0 || caller.token.empty()) continue;
                for (const std::string& space : kSpaces) {
                    for (const std::string& model : kModels)
                        out[{caller.token, space + "." + model}] =
                            resolver.resolve(caller.token, space + "." + model);
                }
            }
            return out;
        };
        const Allowed before = decide_all();
        set_status(api_key, "suspended");
        const Allowed after = decide_all();
        set_status(api_key, "active");

        std::map<std::string, std::pair<int, int>> models;  // tokens: lost, reduced
        std::set<std::string> losing;
        std::set<std::string> reduced;
        for (const auto& [call, decision] : before) {
            const Decision& then = after.at(call);
            if (!decision.refusal.empty() || decision == then) continue;
            const bool lost = !then.refusal.empty();
            (lost ? models[call.second].first : models[call.second].second) += 1;
            (lost ? losing : reduced).insert(call.first);
        }
        for (const std::string& token : losing) reduced.erase(token);
        std::map<std::string, std::pair<int, int>> said;
        for (const json& model : foretold.at("data")) {
            const std::pair<int, int> counts{model.at("tokens_lost"), model.at("tokens_reduced")};
            if (counts != std::pair(0, 0)) said[model.at("model")] = counts;
        }
        EXPECT_FALSE(models.empty());
        EXPECT_EQ(said, models) << foretold.dump(1);
        EXPECT_EQ(foretold.at("tokens").at("lost"), losing.size());
        EXPECT_EQ(foretold.at("tokens").at("reduced"), reduced.size());
        EXPECT_TRUE(foretold.at("tokens").at("complete").get<bool>());
    }
}

TEST_F(ExplainTest, ImpactIsReadInPages) {
    const json whole = impact(second_key_);
    ASSERT_GT(whole.at("data").size(), 2U);
    json read = json::array();
    std::string query = "?limit=2";
    for (;;) {
        const json page = impact(second_key_, query);
        EXPECT_LE(page.at("data").size(), 2U);
        EXPECT_EQ(page.at("models"), whole.at("models"));
        for (const json& model : page.at("data")) read.push_back(model);
        if (page.at("next_cursor").is_null()) break;
        query = "?limit=2&cursor=" + page.at("next_cursor").get<std::string>();
    }
    EXPECT_EQ(read, whole.at("data"));
    const std::string path = "/admin/api-keys/" + std::to_string(second_key_) + "/impact";
    EXPECT_EQ(admin().get(path + "?cursor=!").status, 400);
    EXPECT_EQ(admin().get(path + "?limit=0").status, 400);
    EXPECT_EQ(admin().get("/admin/api-keys/999999/impact").status, 404);
}

class WithoutTokensTest : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"namespaces", "provider-groups", "bindings"}};
    }
};

TEST_F(WithoutTokensTest, WhatNeedsThemSaysSo) {
    const HttpAnswer refused =
        admin().post("/admin/bindings/explain", {{"key_id", 1}, {"model", "a.b"}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.json().at("code"), "plugin_missing");
    EXPECT_THAT(refused.json().at("detail").get<std::string>(), HasSubstr("does not run"));

    admin().post("/admin/namespaces", {{"name", "ns"}});
    const json group =
        admin()
            .post("/admin/provider-groups", {{"name", "g"}, {"type", "openai"}, {"models", {"m"}}})
            .json();
    const json key =
        admin()
            .post("/admin/api-keys", {{"group_id", group.at("id")}, {"api_key", "sk-upstream-1"}})
            .json();
    admin().post("/admin/bindings",
                 {{"namespace", "ns"}, {"public_model", "m"}, {"group_id", group.at("id")}});
    const json impact = admin().get("/admin/api-keys/" + key.at("id").dump() + "/impact").json();
    EXPECT_EQ(impact.at("tokens"), json());
    EXPECT_EQ(impact.at("models").at("lost"), 1);
    EXPECT_EQ(impact.at("data")[0].at("model"), "ns.m");
    EXPECT_EQ(impact.at("data")[0].at("tokens_lost"), json());
}

}  // namespace
}  // namespace ezapi::tests
