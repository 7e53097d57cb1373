// Provider groups over REST, with the real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/provider-groups/groups_fixture.hpp"
#include "tests/support/refused_urls.hpp"

namespace ezapi::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST_F(GroupsTest, CreatesAGroupInOneForm) {
    const HttpAnswer answer = admin().post("/admin/provider-groups",
                                           {{"name", "one-form"},
                                            {"type", " Compatible "},
                                            {"base_url", "HTTPS://LLM.Example/v1/"},
                                            {"models", {"b", "a"}}});
    ASSERT_EQ(answer.status, 201) << answer.body;
    const json group = answer.json();
    EXPECT_EQ(answer.header("location"),
              "/admin/provider-groups/" + std::to_string(group.at("id").get<int>()));
    EXPECT_EQ(group.at("type"), "compatible");
    EXPECT_EQ(group.at("base_url"), "https://llm.example/v1");
    EXPECT_EQ(group.at("models"), json({"b", "a"}));
    EXPECT_EQ(group.at("status"), "active");
    EXPECT_EQ(group.at("auto_ban"), true);
    EXPECT_EQ(group.at("google_location"), "");
    EXPECT_FALSE(group.contains("confirm_credentials"));
    EXPECT_EQ(admin().get(answer.header("location")).json(), group);
}

TEST_F(GroupsTest, TellsAllFaultsAtOnce) {
    const HttpAnswer answer = admin().post(
        "/admin/provider-groups",
        {{"name", ""}, {"type", "mistral"}, {"models", {"a", "a"}}, {"status", "on"}, {"key", 1}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_THAT(
        faults(answer),
        UnorderedElementsAre(
            "name invalid", "type choice", "models/1 duplicate", "status choice", "key unknown"));
    EXPECT_THAT(faults(admin().post("/admin/provider-groups",
                                    {{"name", "x"}, {"type", "vertex"}, {"base_url", "x://y"}})),
                UnorderedElementsAre("base_url format", "google_project required"));
}

TEST_F(GroupsTest, RefusesEveryBaseUrlThatIsNoAddress) {
    const auto id = create_group({{"name", "urls"}, {"type", "openai"}});
    const std::string path = "/admin/provider-groups/" + std::to_string(id);
    for (const char* url : kRefusedUrls) {
        const std::string_view text(url);
        if (text.empty() || text.ends_with('\n') || text.ends_with('\t'))
            continue;  // the field is trimmed, and may be empty
        const HttpAnswer answer = admin().patch(path, {{"base_url", url}});
        EXPECT_EQ(answer.status, 422) << url;
        EXPECT_EQ(answer.body.find("secret"), std::string::npos) << answer.body;
    }
    EXPECT_EQ(admin().get(path).json().at("base_url"), "");
}

TEST_F(GroupsTest, NamesTheGroupThatHasTheName) {
    const auto id = create_group({{"name", "taken"}, {"type", "openai"}});
    const HttpAnswer answer =
        admin().post("/admin/provider-groups", {{"name", "taken"}, {"type", "openai"}});
    EXPECT_EQ(answer.status, 409);
    EXPECT_THAT(answer.body, HasSubstr("provider-groups " + std::to_string(id)));
}

TEST_F(GroupsTest, ChangesTheDestinationOfKeysOnlyWhenConfirmed) {
    const auto id = create_group({{"name", "confirmed"}, {"type", "openai"}});
    const std::string path = "/admin/provider-groups/" + std::to_string(id);
    EXPECT_EQ(admin().patch(path, {{"base_url", "https://first.example"}}).status, 200)
        << "there are no keys yet";
    create_key({{"group_id", id}, {"api_key", "sk-confirmed-1234567"}});

    const HttpAnswer refused = admin().patch(path, {{"base_url", "https://evil.example"}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("confirm_credentials"));
    EXPECT_THAT(refused.body, HasSubstr("1 API key"));
    EXPECT_EQ(
        admin()
            .patch(path, {{"base_url", "https://evil.example"}, {"confirm_credentials", false}})
            .status,
        409);
    EXPECT_EQ(admin().patch(path, {{"type", "gemini"}}).status, 409);
    EXPECT_EQ(admin().get(path).json().at("base_url"), "https://first.example");

    EXPECT_EQ(
        admin().patch(path, {{"models", {"m"}}, {"base_url", "https://FIRST.example/"}}).status,
        200)
        << "the same address in another spelling";
    EXPECT_EQ(admin()
                  .patch(path, {{"base_url", "https://new.example"}, {"confirm_credentials", true}})
                  .status,
              200);
    EXPECT_EQ(admin().get(path).json().at("base_url"), "https://new.example");
    const HttpAnswer unfit =
        admin().patch(path, {{"type", "claude-code"}, {"confirm_credentials", true}});
    EXPECT_EQ(unfit.status, 409);
    EXPECT_THAT(unfit.body, HasSubstr("does not take"));
}

TEST_F(GroupsTest, KeepsAGroupThatHasKeys) {
    const auto id = create_group({{"name", "kept"}, {"type", "openai"}});
    const auto key = create_key({{"group_id", id}, {"api_key", "sk-kept-12345678"}});
    create_key({{"group_id", id}, {"api_key", "sk-kept-23456789"}});
    const std::string path = "/admin/provider-groups/" + std::to_string(id);
    const HttpAnswer refused = admin().remove(path);
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("in use by 2 api-keys"));
    EXPECT_EQ(refused.json().at("code"), "in_use");
    EXPECT_EQ(admin().remove("/admin/api-keys/" + std::to_string(key)).status, 204);
    EXPECT_THAT(admin().remove(path).body, HasSubstr("in use by 1 api-keys"));
}

TEST_F(GroupsTest, KeepsAGroupThatIsBound) {
    const auto id = create_group({{"name", "bound"}, {"type", "openai"}, {"models", {"m"}}});
    create(admin(), "/admin/namespaces", {{"name", "bound"}});
    create(admin(),
           "/admin/bindings",
           {{"namespace", "bound"}, {"public_model", "m"}, {"group_id", id}});
    const HttpAnswer refused = admin().remove("/admin/provider-groups/" + std::to_string(id));
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("in use by 1 bindings"));
}

TEST_F(GroupsTest, WritesManyInOneTransaction) {
    const HttpAnswer answer = admin().post(
        "/admin/provider-groups/batch",
        {{"operations",
          {{{"op", "create"}, {"data", {{"name", "batch-1"}, {"type", "openai"}}}},
           {{"op", "create"}, {"data", {{"name", "batch-2"}, {"type", "compatible"}}}}}}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_THAT(faults(answer), UnorderedElementsAre("operations/1/base_url required"));
    EXPECT_EQ(admin().get("/admin/provider-groups?name=batch-1&count=true").json().at("total"), 0);
}

TEST_F(GroupsTest, ListsByTypeAndStatus) {
    create_group({{"name", "list-1"}, {"type", "aistudio"}});
    create_group({{"name", "list-2"}, {"type", "aistudio"}, {"status", "suspended"}});
    EXPECT_EQ(admin().get("/admin/provider-groups?type=aistudio").json().at("data").size(), 2U);
    EXPECT_EQ(admin()
                  .get("/admin/provider-groups?type=aistudio&status=suspended")
                  .json()
                  .at("data")
                  .at(0)
                  .at("name"),
              "list-2");
    EXPECT_EQ(admin().get("/admin/provider-groups?base_url=x").status, 400);
}

}  // namespace
}  // namespace ezapi::tests
