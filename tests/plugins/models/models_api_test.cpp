// Models over REST, against the real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/instance.hpp"

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
    const HttpAnswer found = admin().get("/admin/models?q=GPT-4.1");
    ASSERT_EQ(found.status, 200) << found.body << instance().log();
    EXPECT_EQ(found.json().at("data").at(0), model);
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

TEST_F(ModelsTest, CostThatWouldLoseDigitsIsRefused) {
    const HttpAnswer answer =
        admin().send("POST",
                     "/admin/models",
                     R"({"name":"ns.costly","cost_per_token":123456.123456789012345678})");
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr("more digits than are kept"));
    EXPECT_EQ(create({{"name", "ns.exact"}, {"cost_per_token", 0.000000123}}).at("cost_per_token"),
              0.000000123);
}

}  // namespace
}  // namespace ezapi::tests
