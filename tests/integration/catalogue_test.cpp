// Loads the whole models.dev catalogue through the REST API into an empty system, then compares the
// decisions of a data plane that reads only Redis with those computed from the database, before and
// after changes.

#include "tests/integration/catalogue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <random>

#include "tests/dataplane/resolver.hpp"
#include "tests/integration/oracle.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr size_t kMasters = 50;
constexpr size_t kTokensEach = 20;
constexpr size_t kPairs = 10000;
const std::vector<std::string> kNamespaces{"production", "staging", "research", "partners"};

struct IssuedToken {
    std::string text;
    std::int64_t key_id = 0;
};

class CatalogueTest : public InstanceTest {
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
                            "sync"}};
    }

    void SetUp() override {
        if (Catalogue::file().empty())
            GTEST_SKIP() << "the models.dev catalogue is not here: set EZ_SHARED_DIR";
        InstanceTest::SetUp();
    }

    /// Sends operations in batches; returns the ids of the results in order.
    static std::vector<std::int64_t> batch(const std::string& collection,
                                           const std::vector<json>& operations) {
        std::vector<std::int64_t> ids;
        for (size_t first = 0; first < operations.size(); first += 1000) {
            const size_t last = std::min(operations.size(), first + 1000);
            const HttpAnswer answer =
                admin().post(collection + "/batch",
                             {{"operations",
                               std::vector<json>(operations.begin() + static_cast<long>(first),
                                                 operations.begin() + static_cast<long>(last))}});
            if (answer.status != 200)
                throw std::runtime_error(collection + "/batch: " + std::to_string(answer.status) +
                                         " " + answer.body.substr(0, 2000));
            const json body = answer.json();
            for (const json& result : body.at("results")) ids.push_back(result.at("id"));
        }
        return ids;
    }

    static json create(json data) { return {{"op", "create"}, {"data", std::move(data)}}; }

    static void load_namespaces() {
        std::vector<json> operations;
        for (const std::string& name : kNamespaces) operations.push_back(create({{"name", name}}));
        batch("/admin/namespaces", operations);
    }

    static void load_groups(Catalogue& catalogue) {
        std::vector<json> groups;
        for (const CatalogueGroup& group : catalogue.groups) groups.push_back(create(group.body));
        const std::vector<std::int64_t> ids = batch("/admin/provider-groups", groups);
        std::vector<json> keys;
        for (size_t i = 0; i < ids.size(); ++i) {
            catalogue.groups[i].id = ids[i];
            catalogue.groups[i].key["group_id"] = ids[i];
            keys.push_back(create(catalogue.groups[i].key));
        }
        const std::vector<std::int64_t> key_ids = batch("/admin/api-keys", keys);
        for (size_t i = 0; i < ids.size(); ++i) catalogue.groups[i].key_id = key_ids[i];
    }

    /// Binds every model in every namespace to up to three groups that offer it.
    static std::vector<std::int64_t> load_bindings(const Catalogue& catalogue) {
        std::vector<json> operations;
        size_t turn = 0;
        for (const std::string& space : kNamespaces) {
            for (const auto& [model, offers] : catalogue.offers) {
                for (size_t i = 0; i < std::min<size_t>(offers.size(), 3); ++i, ++turn) {
                    json data = selector(model, turn);
                    data.update({{"namespace", space},
                                 {"public_model", model},
                                 {"group_id", catalogue.groups[offers[i]].id},
                                 {"weight", 1 + turn % 100}});
                    if (turn % 11 == 0) data["route_group"] = "vip";
                    operations.push_back(create(std::move(data)));
                }
            }
        }
        return batch("/admin/bindings", operations);
    }

    static std::vector<std::int64_t> load_masters() {
        std::vector<json> operations;
        for (size_t i = 0; i < kMasters; ++i) {
            json data{{"name", "master-" + std::to_string(i)}};
            if (i % 3 == 1) data["namespaces"] = {kNamespaces[0], kNamespaces[1]};
            if (i % 3 == 2) data["namespaces"] = {kNamespaces[2]};
            if (i % 5 == 0) data["group"] = "vip";
            operations.push_back(create(std::move(data)));
        }
        return batch("/admin/masters", operations);
    }

    static std::vector<IssuedToken> load_tokens(const std::vector<std::int64_t>& masters,
                                                const std::vector<std::string>& models) {
        std::vector<IssuedToken> tokens;
        for (size_t i = 0; i < masters.size(); ++i) {
            for (size_t n = 0; n < kTokensEach; ++n) {
                json data{{"name", "token-" + std::to_string(n)}};
                if (i % 3 == 1 && n % 4 == 0) data["namespaces"] = {kNamespaces[0]};
                if (n % 7 == 3)
                    data["models_denied"] = {models[(i * 31 + n) % models.size()],
                                             models[(i * 31 + n + 1) % models.size()]};
                if (n % 10 == 9)
                    data["models"] = std::vector<std::string>(
                        models.begin(),
                        models.begin() + static_cast<long>(std::min<size_t>(models.size(), 500)));
                if (n % 9 == 8) data["status"] = "suspended";
                if (n % 6 == 5) data["quota_limit"] = 1000000;
                const HttpAnswer answer =
                    admin().post("/admin/masters/" + std::to_string(masters[i]) + "/keys", data);
                if (answer.status != 201)
                    throw std::runtime_error("creating a token: " + answer.body);
                const json body = answer.json();
                tokens.push_back({body.at("token"), body.at("id")});
            }
        }
        return tokens;
    }

    static void expect_settled() {
        ASSERT_TRUE(eventually(60s, [] {
            return admin().get("/admin/sync").json().at("outbox").at("pending") == 0;
        })) << admin().get("/admin/sync").body;
        EXPECT_EQ(admin().get("/admin/sync").json().at("outbox").at("dead"), 0);
    }

    /// Computes 10,000 decisions in both ways; returns how many were allowed.
    static size_t expect_agreement(const std::vector<IssuedToken>& tokens,
                                   const std::vector<std::string>& models,
                                   unsigned seed) {
        const std::int64_t now = std::time(nullptr);
        const Oracle oracle(instance().dsn(), now);
        Resolver resolver(PrivateRedis::shared().port(), now);
        std::mt19937 random(seed);
        size_t allowed = 0;
        size_t differing = 0;
        for (size_t i = 0; i < kPairs; ++i) {
            const IssuedToken& token = tokens[random() % tokens.size()];
            const std::string model =
                kNamespaces[random() % kNamespaces.size()] + "." + models[random() % models.size()];
            const Decision seen = resolver.resolve(token.text, model);
            const Decision expected = oracle.decide(token.key_id, model);
            allowed += seen.refusal.empty() ? 1 : 0;
            if (seen == expected) continue;
            if (++differing <= 5)
                ADD_FAILURE() << "token " << token.key_id << ", " << model << ":\n  Redis    "
                              << seen.text() << "\n  database " << expected.text();
        }
        EXPECT_EQ(differing, 0U) << "of " << kPairs << " decisions, seed " << seed;
        return allowed;
    }

    static std::string resident() {
        std::ifstream status("/proc/" + std::to_string(instance().pid()) + "/status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("VmRSS:")) return line.substr(6);
        }
        return "?";
    }
};

TEST_F(CatalogueTest, ReadsFromRedisWhatTheDatabaseSays) {
    Catalogue catalogue = Catalogue::load(Catalogue::file());
    std::vector<std::string> models;
    for (const auto& [model, offers] : catalogue.offers) models.push_back(model);
    const auto begin = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };

    load_namespaces();
    load_groups(catalogue);
    std::cout << seconds() << " s: " << catalogue.groups.size() << " groups, left out "
              << catalogue.left_out.size() << "\n";
    const std::vector<std::int64_t> bindings = load_bindings(catalogue);
    std::cout << seconds() << " s: " << bindings.size() << " bindings of " << models.size()
              << " models\n";
    const std::vector<std::int64_t> masters = load_masters();
    const std::vector<IssuedToken> tokens = load_tokens(masters, models);
    std::cout << seconds() << " s: " << tokens.size() << " tokens\n";
    expect_settled();
    std::cout << seconds() << " s: all in Redis; resident " << resident() << "\n";

    const size_t before = expect_agreement(tokens, models, 1);
    EXPECT_GT(before, kPairs / 10);
    EXPECT_LT(before, kPairs);

    std::vector<json> suspend;
    for (size_t i = 0; i < masters.size(); i += 10)
        suspend.push_back(
            {{"op", "update"}, {"id", masters[i]}, {"data", {{"status", "suspended"}}}});
    batch("/admin/masters", suspend);
    ASSERT_EQ(admin()
                  .post("/admin/masters/" + std::to_string(masters[1]) + "/manage",
                        {{"action", "revoke-tokens"}})
                  .status,
              200);
    std::vector<json> ban;
    for (size_t i = 0; i < catalogue.groups.size(); i += 7) {
        ban.push_back({{"op", "update"},
                       {"id", catalogue.groups[i].key_id},
                       {"data", {{"status", "banned"}, {"ban_reason", "401 from upstream"}}}});
    }
    batch("/admin/api-keys", ban);
    std::vector<json> fewer;
    for (size_t i = 3; i < catalogue.groups.size(); i += 9) {
        std::vector<std::string> half(catalogue.groups[i].models.begin(),
                                      catalogue.groups[i].models.begin() +
                                          static_cast<long>(catalogue.groups[i].models.size() / 2));
        fewer.push_back(
            {{"op", "update"}, {"id", catalogue.groups[i].id}, {"data", {{"models", half}}}});
    }
    batch("/admin/provider-groups", fewer);
    std::vector<json> unbind;
    for (size_t i = 0; i < bindings.size(); i += 5)
        unbind.push_back({{"op", "delete"}, {"id", bindings[i]}});
    batch("/admin/bindings", unbind);
    expect_settled();
    std::cout << seconds() << " s: changed; resident " << resident() << "\n";

    const size_t after = expect_agreement(tokens, models, 2);
    EXPECT_LT(after, before);
    EXPECT_GT(after, 0U);
}

}  // namespace
}  // namespace ezapi::tests
