// Bindings through the real server, from the request to what the data plane reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;

class BindingsApi : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"namespaces", "provider-groups", "bindings", "sync"}};
    }

    void SetUp() override {
        InstanceTest::SetUp();
        if (IsSkipped()) return;
        static int turn = 0;
        const std::string suffix = std::to_string(++turn);
        space_ = "ns-" + suffix;
        space_id_ = create("/admin/namespaces", {{"name", space_}})["id"];
        group_ = create("/admin/provider-groups",
                        {{"name", "group-" + suffix},
                         {"type", "openai"},
                         {"models", {"openai/gpt-4.1", "gpt-4.1-mini"}}})["id"];
        key_ = create("/admin/api-keys",
                      {{"group_id", group_}, {"api_key", "sk-upstream-" + suffix}})["id"];
    }

    static json create(const std::string& path, const json& body) {
        const HttpAnswer answer = admin().post(path, body);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json();
    }

    [[nodiscard]] json body(const std::string& model, const json& fields = json::object()) const {
        json out{{"namespace", space_}, {"public_model", model}, {"group_id", group_}};
        out.update(fields);
        return out;
    }

    json bind(const std::string& model, const json& fields = json::object()) {
        return create("/admin/bindings", body(model, fields));
    }

    [[nodiscard]] json delivered(const std::string& model) const {
        const auto field = redis().field("config:bindings", space_ + "." + model);
        return field ? json::parse(*field) : json();
    }

    /// Waits until the first candidate of a model has this member.
    [[nodiscard]] bool comes_to(const std::string& model, const char* member, const json& value) {
        return eventually(10s, [&] {
            const json now = delivered(model);
            return now.is_object() && now["candidates"][0].contains(member) &&
                   now["candidates"][0][member] == value;
        });
    }

    [[nodiscard]] json upstreams(const char* model) const {
        return {{std::to_string(key_), model}};
    }

    std::string space_;
    std::int64_t space_id_ = 0;
    std::int64_t group_ = 0;
    std::int64_t key_ = 0;
};

TEST_F(BindingsApi, CreationAnswersTheWholeEntity) {
    json binding = bind("openai/gpt-4.1", {{"route_group", " vip "}, {"weight", 5}});
    // Returned on creation because the public model contains a dot; not a member of the entity.
    EXPECT_EQ(binding.erase("warnings"), 1U);
    EXPECT_EQ(binding["route_group"], "vip");
    EXPECT_EQ(binding["weight"], 5);
    EXPECT_EQ(binding["selector_type"], "exact");
    EXPECT_FALSE(binding.contains("name"));
    EXPECT_EQ(admin().get("/admin/bindings/" + binding["id"].dump()).json(), binding);
}

TEST_F(BindingsApi, ACandidateIsBoundOnce) {
    const json first = bind("m");
    const HttpAnswer second = admin().post("/admin/bindings", body("m"));
    EXPECT_EQ(second.status, 409);
    EXPECT_THAT(second.json()["detail"].get<std::string>(),
                HasSubstr("already taken by bindings " + first["id"].dump()));
    EXPECT_EQ(admin().post("/admin/bindings", body("m", {{"route_group", "vip"}})).status, 201);
    const json other = bind("n");
    const HttpAnswer merged =
        admin().patch("/admin/bindings/" + other["id"].dump(), {{"public_model", "m"}});
    EXPECT_EQ(merged.status, 409);
    EXPECT_THAT(merged.json()["detail"].get<std::string>(),
                HasSubstr("already taken by bindings " + first["id"].dump()));
}

TEST_F(BindingsApi, DanglingReferencesAreFaultsOfTheirFields) {
    const auto fault = [](const HttpAnswer& answer) {
        EXPECT_EQ(answer.status, 422) << answer.body;
        return answer.json()["errors"][0]["field"].get<std::string>() + " " +
               answer.json()["errors"][0]["code"].get<std::string>();
    };
    EXPECT_EQ(fault(admin().post("/admin/bindings", body("m", {{"namespace", "none"}}))),
              "namespace dangling");
    EXPECT_EQ(fault(admin().post("/admin/bindings", body("m", {{"group_id", 999999}}))),
              "group_id dangling");
    EXPECT_EQ(
        fault(admin().post("/admin/bindings",
                           body("m", {{"selector_type", "regex"}, {"selector_value", "(a"}}))),
        "selector_value pattern");
}

TEST_F(BindingsApi, WhatItRefersToCannotBeDeleted) {
    bind("m");
    bind("n");
    const HttpAnswer space = admin().remove("/admin/namespaces/" + std::to_string(space_id_));
    EXPECT_EQ(space.status, 409);
    EXPECT_EQ(space.json()["code"], "in_use");
    EXPECT_EQ(space.json()["detail"], "namespace '" + space_ + "': in use by 2 bindings");

    EXPECT_EQ(admin().remove("/admin/api-keys/" + std::to_string(key_)).status, 204);
    const HttpAnswer group = admin().remove("/admin/provider-groups/" + std::to_string(group_));
    EXPECT_EQ(group.status, 409);
    EXPECT_EQ(group.json()["code"], "in_use");
}

TEST_F(BindingsApi, TheDataPlaneReadsTheResolvedUpstream) {
    bind("GPT-4.1", {{"selector_type", "normalize_exact"}, {"weight", 100}});
    EXPECT_TRUE(comes_to("GPT-4.1", "upstreams", upstreams("openai/gpt-4.1")));
    const json snapshot = delivered("GPT-4.1");
    EXPECT_EQ(snapshot["namespace"], space_);
    EXPECT_EQ(snapshot["public_model"], "GPT-4.1");
    EXPECT_EQ(snapshot["status"], "active");
    EXPECT_EQ(snapshot["candidates"][0]["group_id"], group_);
    EXPECT_EQ(snapshot["candidates"][0]["route_group"], "default");
}

TEST_F(BindingsApi, ModelsOfTheGroupChangeWhatIsRead) {
    const std::string group = "/admin/provider-groups/" + std::to_string(group_);
    bind("gpt-4.1-mini");
    EXPECT_TRUE(comes_to("gpt-4.1-mini", "upstreams", upstreams("gpt-4.1-mini")));

    EXPECT_EQ(admin().patch(group, {{"models", {"other"}}}).status, 200);
    EXPECT_TRUE(comes_to("gpt-4.1-mini", "error", "config_error"));

    EXPECT_EQ(admin().patch(group, {{"models", {"gpt-4.1-mini"}}}).status, 200);
    EXPECT_TRUE(comes_to("gpt-4.1-mini", "upstreams", upstreams("gpt-4.1-mini")));

    EXPECT_EQ(admin().patch(group, {{"status", "suspended"}}).status, 200);
    EXPECT_TRUE(comes_to("gpt-4.1-mini", "error", "no_provider"));
}

TEST_F(BindingsApi, ApiKeysComeAndGoInWhatIsRead) {
    const std::string key = "/admin/api-keys/" + std::to_string(key_);
    bind("gpt-4.1-mini");
    EXPECT_TRUE(comes_to("gpt-4.1-mini", "upstreams", upstreams("gpt-4.1-mini")));

    EXPECT_EQ(admin().patch(key, {{"status", "suspended"}}).status, 200);
    EXPECT_TRUE(comes_to("gpt-4.1-mini", "error", "no_provider"));

    const std::int64_t second =
        create("/admin/api-keys", {{"group_id", group_}, {"api_key", "sk-second-key"}})["id"];
    EXPECT_TRUE(comes_to("gpt-4.1-mini", "upstreams", {{std::to_string(second), "gpt-4.1-mini"}}));

    EXPECT_EQ(admin().remove("/admin/api-keys/" + std::to_string(second)).status, 204);
    EXPECT_TRUE(comes_to("gpt-4.1-mini", "error", "no_provider"));
}

TEST_F(BindingsApi, ASuspendedNamespaceSuspendsWhatIsRead) {
    bind("m");
    EXPECT_TRUE(eventually(10s, [&] { return delivered("m").is_object(); }));
    EXPECT_EQ(
        admin()
            .patch("/admin/namespaces/" + std::to_string(space_id_), {{"status", "suspended"}})
            .status,
        200);
    EXPECT_TRUE(eventually(10s, [&] { return delivered("m")["status"] == "suspended"; }));
}

TEST_F(BindingsApi, TheLastBindingTakesTheFieldWithIt) {
    const json first = bind("m");
    const json second = bind("m", {{"route_group", "vip"}});
    EXPECT_TRUE(eventually(10s, [&] {
        return delivered("m").is_object() && delivered("m")["candidates"].size() == 2;
    }));

    EXPECT_EQ(admin().remove("/admin/bindings/" + first["id"].dump()).status, 204);
    EXPECT_TRUE(comes_to("m", "route_group", "vip"));

    EXPECT_EQ(admin().remove("/admin/bindings/" + second["id"].dump()).status, 204);
    EXPECT_TRUE(eventually(10s, [&] { return delivered("m").is_null(); }));
}

TEST_F(BindingsApi, ABindingThatMovesLeavesItsOldName) {
    const json binding = bind("old");
    EXPECT_TRUE(eventually(10s, [&] { return delivered("old").is_object(); }));
    EXPECT_EQ(
        admin().patch("/admin/bindings/" + binding["id"].dump(), {{"public_model", "new"}}).status,
        200);
    EXPECT_TRUE(eventually(
        10s, [&] { return delivered("old").is_null() && delivered("new").is_object(); }));
}

TEST_F(BindingsApi, AThousandAreCreatedInOneBatch) {
    json operations = json::array();
    for (int i = 0; i < 1000; ++i)
        operations.push_back({{"op", "create"}, {"data", body("m" + std::to_string(i))}});
    const HttpAnswer answer = admin().post("/admin/bindings/batch", {{"operations", operations}});
    ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 500);
    EXPECT_EQ(answer.json()["results"].size(), 1000U);
    EXPECT_TRUE(eventually(20s, [&] { return delivered("m999").is_object(); }));
    EXPECT_EQ(
        admin().get("/admin/bindings?namespace=" + space_ + "&limit=1&count=true").json()["total"],
        1000);
}

TEST_F(BindingsApi, PublicModelsHoldNoControlCharacters) {
    for (const char* model : {"a\nb", "a\xE2\x80\xAE"}) {
        const HttpAnswer answer = admin().post("/admin/bindings", body(model));
        EXPECT_EQ(answer.status, 422) << model;
        EXPECT_EQ(answer.json()["errors"][0]["field"], "public_model");
    }
}

TEST_F(BindingsApi, WarnsOfAPublicModelWithADot) {
    const json dotted = bind("gpt-4.1-mini");
    ASSERT_EQ(dotted.at("warnings").size(), 1U) << dotted.dump();
    EXPECT_EQ(dotted.at("warnings")[0].at("field"), "public_model");
    EXPECT_EQ(dotted.at("warnings")[0].at("code"), "qualified_name");
    EXPECT_THAT(dotted.at("warnings")[0].at("message").get<std::string>(),
                HasSubstr("ask for '" + space_ + ".gpt-4.1-mini'"));
    const std::string path = "/admin/bindings/" + dotted.at("id").dump();
    EXPECT_FALSE(admin().get(path).json().contains("warnings"));
    EXPECT_TRUE(admin().patch(path, {{"weight", 3}}).json().contains("warnings"));
    EXPECT_FALSE(admin().patch(path, {{"public_model", "plain"}}).json().contains("warnings"));
    const json batch = admin()
                           .post("/admin/bindings/batch",
                                 {{"operations", {{{"op", "create"}, {"data", body("a.b")}}}}})
                           .json();
    EXPECT_TRUE(batch.at("results")[0].at("data").contains("warnings")) << batch.dump();
}

TEST_F(BindingsApi, ExplainIsARead) {
    const json question{{"key_id", 1}, {"model", space_ + ".m"}};
    const std::string token =
        admin().post("/admin/sessions", {{"scope", "read"}, {"ttl_seconds", 60}}).json()["token"];
    HttpClient reader = instance().client(token);
    EXPECT_EQ(reader.post("/admin/bindings", body("m")).status, 403);
    const HttpAnswer answer = reader.post("/admin/bindings/explain", question);
    EXPECT_EQ(answer.status, 409) << answer.body;
    EXPECT_EQ(answer.json()["code"], "plugin_missing") << "neither masters nor keys run here";
    EXPECT_EQ(
        admin().post("/admin/bindings/explain", question, {{"Idempotency-Key", "k-1"}}).status,
        400);
}

}  // namespace
}  // namespace ezapi::tests
