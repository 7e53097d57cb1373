// Defaults are defined twice, by the fields of the API and by the columns of the tables: for every
// column of every resource they must be equal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;

/// A resource, and the minimal body to create one.
struct Made {
    std::string table;
    std::string body_schema;  // schema name in the OpenAPI document
    json given;
    std::string id;
};

class DefaultsTest : public InstanceTest {
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

    Made create(const std::string& table,
                const std::string& body_schema,
                const std::string& path,
                const json& body) {
        const HttpAnswer answer =
            table == "features" ? admin().put(path, body) : admin().post(path, body);
        if (answer.status != 201) throw std::runtime_error(path + ": " + answer.body);
        return {table, body_schema, body, answer.json().at("id").dump()};
    }

    std::vector<Made> create_all() {
        std::vector<Made> out;
        out.push_back(
            create("namespaces", "NamespaceCreate", "/admin/namespaces", {{"name", "defaults"}}));
        out.push_back(create("masters", "MasterCreate", "/admin/masters", {{"name", "defaults"}}));
        out.push_back(create("keys",
                             "KeyCreate",
                             "/admin/masters/" + out.back().id + "/keys",
                             {{"name", "defaults"}}));
        out.push_back(create("provider_groups",
                             "ProviderGroupCreate",
                             "/admin/provider-groups",
                             {{"name", "defaults"}, {"type", "openai"}}));
        const auto group = std::stoll(out.back().id);
        out.push_back(create("api_keys",
                             "ApiKeyCreate",
                             "/admin/api-keys",
                             {{"group_id", group}, {"api_key", "sk-of-the-defaults-1"}}));
        out.push_back(create("models", "ModelCreate", "/admin/models", {{"name", "defaults.m"}}));
        out.push_back(
            create("bindings",
                   "BindingCreate",
                   "/admin/bindings",
                   {{"namespace", "defaults"}, {"public_model", "m"}, {"group_id", group}}));
        out.push_back(create("features", "FeaturePut", "/admin/features/defaults", {{"value", 1}}));
        out.back().given["name"] = "defaults";
        return out;
    }
};

TEST_F(DefaultsTest, OfSqlAndOfTheApiAreOne) {
    SqlReader sql(instance().dsn());
    const json schemas = admin().get("/swagger/openapi.json").json().at("components").at("schemas");
    std::set<std::string> seen;
    size_t columns = 0;
    for (const Made& made : create_all()) {
        seen.insert(made.table);
        const json& fields = schemas.at(made.body_schema).at("properties");
        for (const SqlRow& column :
             sql.query("SELECT column_name, column_default FROM information_schema.columns WHERE "
                       "table_schema = 'public' AND table_name = '" +
                       made.table +
                       "' AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'version', "
                       "'created_at', 'updated_at')")) {
            ++columns;
            const std::string& name = *column[0];
            const std::string what = made.table + "." + name;
            const json in_sql =
                column[1] ? json::parse(sql.value("SELECT to_jsonb(" + *column[1] + ")")) : json();
            const std::string text = sql.value("SELECT to_jsonb(\"" + name + "\") FROM " +
                                               made.table + " WHERE id = " + made.id);
            const json stored = text.empty() ? json() : json::parse(text);
            if (made.given.contains(name)) {
                EXPECT_EQ(in_sql, json()) << what << " is required by the API";
            } else if (fields.contains(name)) {
                EXPECT_EQ(fields.at(name).value("default", json()), in_sql) << what;
                EXPECT_EQ(stored, in_sql) << what;
            } else if (!in_sql.is_null()) {  // read-only or hidden: set by code at creation
                EXPECT_EQ(stored, in_sql) << what;
            }
        }
    }
    EXPECT_GT(columns, 60U);
    // A table with a version belongs to a resource: new ones must be added to the list above.
    for (const SqlRow& table :
         sql.query("SELECT c.table_name FROM information_schema.columns c JOIN "
                   "information_schema.columns u USING (table_schema, table_name) WHERE "
                   "c.table_schema = 'public' AND c.column_name = 'version' AND c.data_type = "
                   "'bigint' AND u.column_name = 'created_at'")) {
        if (*table[0] == "webhook_settings") continue;  // a single row, inserted by a migration
        EXPECT_TRUE(seen.contains(*table[0])) << *table[0];
    }
}

/// The row of the webhook is inserted by SQL; an empty PUT sets the API's defaults.
TEST_F(DefaultsTest, OfTheWebhookAreOne) {
    const auto settings = [] {
        json out = admin().get("/admin/logs/webhook").json();
        for (const char* changing : {"version", "updated_at"}) out.erase(changing);
        return out;
    };
    const json of_sql = settings();
    const HttpAnswer put = admin().put("/admin/logs/webhook", json::object());
    EXPECT_EQ(put.status, 200) << put.body;
    EXPECT_EQ(settings(), of_sql);
}

}  // namespace
}  // namespace ezapi::tests
