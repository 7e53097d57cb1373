// A plugin from outside the tree calls the services of the project's plugins in the real host.
#include <gtest/gtest.h>

#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;

class Visitor : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"namespaces", "masters", "keys", "provider-groups", "visitor"},
                .plugin_directories = {VISITOR_FOLDER}};
    }

    static std::int64_t created(const std::string& path, const json& body) {
        const HttpAnswer answer = admin().post(path, body);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json().at("id");
    }

    static json read(const std::string& path) {
        const HttpAnswer answer = admin().get(path);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json();
    }

    static std::string text(std::int64_t id) { return std::to_string(id); }
};

TEST_F(Visitor, ReadsMastersAndTheirTokens) {
    const std::int64_t master =
        created("/admin/masters", {{"name", "acme"}, {"max_child_keys", 7}});
    EXPECT_EQ(read("/visitor/masters/" + text(master)),
              (json{{"status", "active"}, {"max_child_keys", 7}}));
    EXPECT_EQ(admin().get("/visitor/masters/999999").status, 404);

    const std::int64_t key = created("/admin/masters/" + text(master) + "/keys",
                                     {{"name", "k"}, {"models", {"gpt"}}, {"quota_limit", 10}});
    const HttpAnswer used = admin().send("POST", "/visitor/keys/" + text(key) + "/use");
    EXPECT_EQ(used.json(), (json{{"known", {true, false}}})) << used.body;
    EXPECT_EQ(read("/visitor/keys/" + text(key)),
              (json{{"status", "active"},
                    {"models", {"gpt"}},
                    {"quota_used", 5},
                    {"valid_tokens", 1},
                    {"all", true}}));
}

TEST_F(Visitor, ReadsProviderGroupsWithoutTheirCredentials) {
    const std::int64_t group =
        created("/admin/provider-groups",
                {{"name", "g"}, {"type", "openai"}, {"base_url", "https://api.example/v1"}});
    created("/admin/api-keys",
            {{"name", "a"}, {"group_id", group}, {"api_key", "sk-of-the-test-0123456789"}});
    EXPECT_EQ(read("/visitor/groups/" + text(group)),
              (json{{"name", "g"}, {"keys", {{"a", true}}}}));
}

TEST_F(Visitor, KeepsANamespaceThatItNames) {
    created("/admin/namespaces", {{"name", "visited"}});
    const std::int64_t other = created("/admin/namespaces", {{"name", "other"}});
    EXPECT_EQ(read("/visitor/namespaces/visited"),
              (json{{"status", "active"}, {"missing", 0}, {"suspended", 0}}));
    EXPECT_EQ(read("/visitor/namespaces/nowhere"),
              (json{{"status", nullptr}, {"missing", 1}, {"suspended", 0}}));

    const json list = read("/admin/namespaces?name=visited");
    const std::int64_t visited = list["data"][0]["id"];
    const HttpAnswer refused = admin().remove("/admin/namespaces/" + text(visited));
    EXPECT_EQ(refused.status, 409);
    EXPECT_NE(refused.body.find("3 visits"), std::string::npos) << refused.body;
    EXPECT_EQ(admin().remove("/admin/namespaces/" + text(other)).status, 204);
}

}  // namespace
}  // namespace ezapi::tests
