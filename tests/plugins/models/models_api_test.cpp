// Models over REST, with the real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ModelsTest : public InstanceTest {
protected:
    InstanceOptions options() const override { return {.plugins = {"namespaces", "models"}}; }

    void SetUp() override {
        InstanceTest::SetUp();
        if (!IsSkipped()) admin().post("/admin/namespaces", {{"name", "ns"}});
    }

    static json create(const json& body) {
        const HttpAnswer answer = admin().post("/admin/models", body);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json();
    }

    static std::string path(const json& model) {
        return "/admin/models/" + std::to_string(model.at("id").get<std::int64_t>());
    }
};

TEST_F(ModelsTest, CreatesAManualModel) {
    const json model = create({{"name", "ns.openai/gpt-4.1-mini"},
                               {"context_window", 128000},
                               {"cost_per_token", 0.0000025},
                               {"supports_vision", true}});
    EXPECT_EQ(model.at("kind"), "chat");
    EXPECT_EQ(model.at("source"), "manual");
    EXPECT_EQ(model.at("max_output_tokens"), nullptr);
    EXPECT_EQ(model.at("cost_per_token"), 0.0000025);
    EXPECT_EQ(model.at("supports_vision"), true);
    EXPECT_EQ(model.at("supports_stream"), false);
    EXPECT_FALSE(model.contains("namespace"));
    const HttpAnswer found = admin().get("/admin/models?q=GPT-4.1-mini");
    ASSERT_EQ(found.status, 200) << found.body << instance().log();
    json stored = model;
    stored.erase("warnings");
    EXPECT_EQ(found.json().at("data").at(0), stored);
}

TEST_F(ModelsTest, RefusesNamesThatCannotBeSplitAndTakenOnes) {
    for (const char* name : {"gpt", "NS.gpt", "ns."}) {
        const HttpAnswer answer = admin().post("/admin/models", {{"name", name}});
        EXPECT_EQ(answer.status, 422) << name;
    }
    const json model = create({{"name", "ns.taken"}});
    const HttpAnswer again = admin().post("/admin/models", {{"name", "ns.taken"}});
    EXPECT_EQ(again.status, 409);
    EXPECT_THAT(again.body, HasSubstr("models " + model.at("id").dump()));
}

TEST_F(ModelsTest, WantsANamespaceThatExistsAndKeepsIt) {
    const HttpAnswer dangling = admin().post("/admin/models", {{"name", "nowhere.m"}});
    EXPECT_EQ(dangling.status, 422);
    EXPECT_THAT(dangling.body, HasSubstr("no such namespace: 'nowhere'"));
    const std::int64_t id = admin().post("/admin/namespaces", {{"name", "kept"}}).json().at("id");
    const json model = create({{"name", "kept.m"}});
    const std::string space = "/admin/namespaces/" + std::to_string(id);
    const HttpAnswer refused = admin().remove(space);
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("1 models"));
    EXPECT_EQ(admin().patch(path(model), {{"name", "ns.moved"}}).status, 200);
    EXPECT_EQ(admin().remove(space).status, 204);
}

TEST_F(ModelsTest, OnlyTheRegistryMakesModelsOfItsOwn) {
    EXPECT_EQ(admin().post("/admin/models", {{"name", "ns.r"}, {"source", "registry"}}).status,
              422);
}

TEST_F(ModelsTest, WritesManyInOneTransaction) {
    const HttpAnswer answer =
        admin().post("/admin/models/batch",
                     {{"operations",
                       {{{"op", "create"}, {"data", {{"name", "ns.batch-1"}}}},
                        {{"op", "create"}, {"data", {{"name", "ns.batch-1"}}}}}}});
    EXPECT_EQ(answer.status, 409) << answer.body;
    EXPECT_EQ(admin().get("/admin/models?name=ns.batch-1&count=true").json().at("total"), 0);
}

TEST_F(ModelsTest, SaysThatTheRegistryIsOff) {
    EXPECT_EQ(admin().get("/admin/models/registry").json().at("state"), "disabled");
    const HttpAnswer refused = admin().send("POST", "/admin/models/registry/refresh");
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("EZ_MODEL_REGISTRY_ENABLED"));
}

TEST_F(ModelsTest, KeepsEveryDigitOfAPrice) {
    const HttpAnswer made = admin().send(
        "POST", "/admin/models", R"({"name":"ns.costly","cost_per_token":1.23456789012345678e-7})");
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string digits = "\"cost_per_token\":0.000000123456789012345678,";
    EXPECT_THAT(made.body, HasSubstr(digits));
    const std::string at = path(made.json());
    // Writing another field, or the whole entity as it was read, does not change it.
    EXPECT_THAT(admin().patch(at, {{"supports_vision", true}}).body, HasSubstr(digits));
    const std::string read = admin().get(at).body;
    EXPECT_THAT(admin().send("PUT", at, read).body, HasSubstr(digits));
    EXPECT_THAT(
        admin()
            .send("POST",
                  "/admin/models/batch",
                  R"({"operations":[{"op":"create","data":{"name":"ns.costly-2","cost_per_token":)"
                  "0.10000000000000000001}}]}")
            .body,
        HasSubstr("\"cost_per_token\":0.10000000000000000001,"));
    SqlReader sql(instance().dsn());
    EXPECT_EQ(sql.value("SELECT cost_per_token FROM models WHERE name = 'ns.costly'"),
              "0.000000123456789012345678");
    EXPECT_EQ(create({{"name", "ns.exact"}, {"cost_per_token", 0.000000123}}).at("cost_per_token"),
              0.000000123);
}

TEST_F(ModelsTest, RefusesPricesOutOfRangeByTheFieldAndNotAsMalformed) {
    for (const char* price : {"-1e-400", "1000000.0000000000000000001", "1e300", "-1"}) {
        const HttpAnswer answer =
            admin().send("POST",
                         "/admin/models",
                         R"({"name":"ns.price","cost_per_token":)" + std::string(price) + "}");
        EXPECT_EQ(answer.status, 422) << price << answer.body;
        EXPECT_THAT(answer.body, HasSubstr("expected 0 to 1000000")) << price;
    }
    const HttpAnswer beyond =
        admin().send("POST", "/admin/models", R"({"name":"ns.price","cost_per_token":1e400})");
    EXPECT_EQ(beyond.status, 400);
    EXPECT_EQ(beyond.json().at("code"), "number_out_of_range");
}

TEST_F(ModelsTest, TakesZeroTokensForUnknownAndAZeroPriceForFree) {
    const json zero = create({{"name", "ns.zero"},
                              {"context_window", 0},
                              {"max_output_tokens", 0.0},
                              {"cost_per_token", 0}});
    EXPECT_EQ(zero.at("context_window"), nullptr);
    EXPECT_EQ(zero.at("max_output_tokens"), nullptr);
    EXPECT_EQ(zero.at("cost_per_token"), 0);
    const json known = create({{"name", "ns.known"}, {"context_window", 5}});
    EXPECT_EQ(admin().patch(path(known), {{"context_window", 0}}).json().at("context_window"),
              nullptr);
    EXPECT_EQ(admin().patch(path(known), {{"context_window", -1}}).status, 422);
    EXPECT_EQ(create({{"name", "ns.e"}, {"context_window", 1e3}}).at("context_window"), 1000);
}

TEST_F(ModelsTest, WarnsOfAPublicModelWithADot) {
    const json dotted = create({{"name", "ns.gpt-4.1"}});
    ASSERT_EQ(dotted.at("warnings").size(), 1U) << dotted.dump();
    EXPECT_EQ(dotted.at("warnings")[0].at("field"), "name");
    EXPECT_THAT(dotted.at("warnings")[0].at("message").get<std::string>(),
                HasSubstr("ask for 'ns.gpt-4.1'"));
    EXPECT_FALSE(create({{"name", "ns.plain"}}).contains("warnings"));
    EXPECT_FALSE(admin().get(path(dotted)).json().contains("warnings"));
    EXPECT_TRUE(admin().patch(path(dotted), {{"kind", "other"}}).json().contains("warnings"));
    // Members that only appear in answers may be sent back.
    json again = dotted;
    again["kind"] = "other";
    for (const char* changed : {"version", "updated_at"}) again.erase(changed);
    EXPECT_EQ(admin().put(path(dotted), again).status, 200);
}

}  // namespace
}  // namespace ezapi::tests
