// Rendering of config:bindings for the data plane, from database rows to JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "binding.hpp"
#include "service.hpp"
#include "snapshot.hpp"
#include "tests/contract/database_host.hpp"
#include "usage.hpp"

namespace ezapi::bindings {
namespace {

using ::testing::ElementsAre;

class BindingSnapshot : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        database_ = std::make_unique<tests::DatabaseHost>(
            std::vector<std::string>{"namespaces", "provider-groups", "bindings"});
        const Host host = database_->host();
        usage_ = std::make_unique<namespaces::Usage>(host);
        service_ = std::make_unique<provider_groups::GroupService>(host.abi());
        database_->offer("namespaces/1", namespaces::Usage::kTable, usage_.get());
        database_->offer(
            "provider-groups/1", provider_groups::GroupService::kTable, service_.get());
        named_ = std::make_unique<NamespaceWatch>(host, "bindings", count_in_namespace);
        groups_ = std::make_unique<ProviderGroups>(host);
        fill();
    }

    void TearDown() override { named_.reset(); }

    void fill() {
        database_->sql.query(
            "INSERT INTO namespaces (name) VALUES ('ns');"
            "INSERT INTO provider_groups (id, name, type, models) OVERRIDING SYSTEM VALUE VALUES "
            "(7, 'pg1', 'vertex-express', '[\"gemini-3-pro-preview\"]'), "
            "(9, 'pg2', 'gemini', '[\"gemini-3-pro-preview\", \"gemini-3-flash\"]')");
        insert_key(42, 7);
        insert_key(43, 9);
        insert("gemini-3-pro-preview", 7, "default", 100, "exact", "gemini-3-pro-preview");
        insert("gemini-3-pro-preview", 9, "vip", 0, "regex", "^gemini-.*");
    }

    void insert_key(int id, int group) {
        const std::string text = std::to_string(id);
        database_->sql.query(
            "INSERT INTO api_keys (id, group_id, sealed, key_id, credential_ref, fingerprint) "
            "OVERRIDING SYSTEM VALUE VALUES (" +
            text + ", " + std::to_string(group) + ", 's', 'k', 'r" + text + "', 'f')");
    }

    void insert(const std::string& model,
                int group,
                const std::string& route_group,
                int weight,
                const std::string& type,
                const std::string& value) {
        database_->sql.query(
            "INSERT INTO bindings (namespace, public_model, group_id, route_group, weight, "
            "selector_type, selector_value, updated_at) VALUES ('ns', '" +
            model + "', " + std::to_string(group) + ", '" + route_group + "', " +
            std::to_string(weight) + ", '" + type + "', '" + value +
            "', to_timestamp(1734464000.9))");
    }

    Json render(std::string_view name) {
        return database_->render(projection(*groups_, *named_), {name}).at(std::string(name));
    }

    Json candidate(std::string_view name) { return render(name).at("candidates").at(0); }

    void sql(const std::string& statement) { database_->sql.query(statement); }

    std::unique_ptr<tests::DatabaseHost> database_;
    std::unique_ptr<namespaces::Usage> usage_;
    std::unique_ptr<provider_groups::GroupService> service_;
    std::unique_ptr<NamespaceWatch> named_;
    std::unique_ptr<ProviderGroups> groups_;
};

TEST_F(BindingSnapshot, IsTheGoldenFile) {
    const Json expected = tests::golden("binding_snapshot.json");
    if (expected.is_null()) GTEST_SKIP() << "the contract's files are not here: set EZ_SHARED_DIR";

    EXPECT_EQ(render("ns.gemini-3-pro-preview"), expected);
    EXPECT_EQ(database_->scan(projection(*groups_, *named_)).at("ns.gemini-3-pro-preview"),
              expected);
}

TEST_F(BindingSnapshot, MapsEveryUsableKeyOfTheGroup) {
    insert_key(44, 7);
    insert_key(45, 7);
    sql("UPDATE api_keys SET status = 'banned', ban_reason = '401' WHERE id = 44");
    EXPECT_EQ(candidate("ns.gemini-3-pro-preview").at("upstreams"),
              (Json{{"42", "gemini-3-pro-preview"}, {"45", "gemini-3-pro-preview"}}));
}

TEST_F(BindingSnapshot, TellsAGroupWithoutAUsableKey) {
    sql("DELETE FROM api_keys WHERE group_id = 7");
    EXPECT_EQ(candidate("ns.gemini-3-pro-preview").at("error"), "no_provider");
    EXPECT_EQ(candidate("ns.gemini-3-pro-preview").at("upstreams"), Json::object());
}

TEST_F(BindingSnapshot, ASuspendedGroupHasNoUsableKey) {
    sql("UPDATE provider_groups SET status = 'suspended' WHERE id = 7");
    EXPECT_EQ(candidate("ns.gemini-3-pro-preview").at("error"), "no_provider");
    EXPECT_EQ(candidate("ns.gemini-3-pro-preview").at("status"), "active");
}

TEST_F(BindingSnapshot, ASuspendedNamespaceSuspendsTheWhole) {
    sql("UPDATE namespaces SET status = 'suspended'");
    EXPECT_EQ(render("ns.gemini-3-pro-preview").at("status"), "suspended");
}

TEST_F(BindingSnapshot, AModelThatTheGroupLacksIsAConfigError) {
    sql("UPDATE provider_groups SET models = '[\"other\"]' WHERE id = 7");
    EXPECT_EQ(candidate("ns.gemini-3-pro-preview").at("error"), "config_error");
}

TEST_F(BindingSnapshot, IsAbsentWithoutABinding) {
    sql("DELETE FROM bindings");
    EXPECT_TRUE(render("ns.gemini-3-pro-preview").is_null());
    EXPECT_TRUE(render("ns.never").is_null());
}

TEST_F(BindingSnapshot, SplitsTheNameAtTheFirstDot) {
    insert("openai/gpt-4.1-mini", 9, "default", 1, "exact", "gemini-3-flash");
    const Json snapshot = render("ns.openai/gpt-4.1-mini");
    EXPECT_EQ(snapshot.at("namespace"), "ns");
    EXPECT_EQ(snapshot.at("public_model"), "openai/gpt-4.1-mini");
    EXPECT_EQ(snapshot.at("candidates").at(0).at("upstreams"), (Json{{"43", "gemini-3-flash"}}));
}

TEST_F(BindingSnapshot, PagesInByteOrderWithAllCandidatesOfAName) {
    for (const char* model : {"B", "a", "a.b", "a/b", "z"}) {
        insert(model, 7, "default", 1, "exact", "");
        insert(model, 9, "default", 1, "exact", "");
    }
    std::vector<std::string> seen;
    for (std::string after;;) {
        const auto page = database_->scan(projection(*groups_, *named_), after, 2);
        for (const auto& [name, value] : page) {
            seen.push_back(name);
            EXPECT_EQ(value.at("candidates").size(), 2U) << name;
        }
        if (page.size() < 2) break;
        after = seen.back();
    }
    EXPECT_THAT(seen,
                ElementsAre("ns.B", "ns.a", "ns.a.b", "ns.a/b", "ns.gemini-3-pro-preview", "ns.z"));
}

TEST_F(BindingSnapshot, TenThousandBindingsOfOneGroupRenderInSeconds) {
    sql("UPDATE provider_groups SET models = (SELECT jsonb_agg('m-' || n) FROM generate_series(1, "
        "10000) n) WHERE id = 9");
    sql("INSERT INTO bindings (namespace, public_model, group_id, selector_type, selector_value) "
        "SELECT 'ns', 'M-' || n, 9, CASE WHEN n % 2 = 0 THEN 'normalize_exact' ELSE 'regex' END, "
        "CASE WHEN n % 2 = 0 THEN '' ELSE '^m-777$' END FROM generate_series(1, 10000) n");
    const auto start = std::chrono::steady_clock::now();

    const auto all = database_->scan(projection(*groups_, *named_), "", 20000);

    EXPECT_EQ(all.size(), 10001U);
    EXPECT_EQ(all.at("ns.M-4242").at("candidates").at(0).at("upstreams"), (Json{{"43", "m-4242"}}));
    EXPECT_EQ(all.at("ns.M-1").at("candidates").at(0).at("upstreams"), (Json{{"43", "m-777"}}));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace ezapi::bindings
