// Namespaces through the real server, from the request to what the data plane reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;

class NamespacesApi : public InstanceTest {
protected:
    InstanceOptions options() const override { return {.plugins = {"namespaces", "sync"}}; }

    static json create(const std::string& name) {
        const HttpAnswer answer = admin().post("/admin/namespaces", {{"name", name}});
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json();
    }

    static std::string path(const json& space) { return "/admin/namespaces/" + space["id"].dump(); }

    /// Waits until the data plane reads this value for a namespace; null: absent.
    static bool comes_to_read(const std::string& name, const char* member, const json& expected) {
        return eventually(10s, [&] {
            const auto field = redis().field("config:namespaces", name);
            return expected.is_null() ? !field
                                      : field && json::parse(*field).at(member) == expected;
        });
    }
};

TEST_F(NamespacesApi, CreationAnswersTheWholeEntity) {
    const HttpAnswer answer =
        admin().post("/admin/namespaces", {{"name", "created"}, {"description", "For tests"}});

    ASSERT_EQ(answer.status, 201) << answer.body;
    const json space = answer.json();
    EXPECT_EQ(answer.header("location"), path(space));
    EXPECT_EQ(answer.header("etag"), "\"1\"");
    EXPECT_EQ(space["description"], "For tests");
    EXPECT_EQ(space["status"], "active");
    EXPECT_EQ(admin().get(path(space)).json(), space);
}

TEST_F(NamespacesApi, ANameIsTakenOnce) {
    const json first = create("once");
    const HttpAnswer second = admin().post("/admin/namespaces", {{"name", "once"}});
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(second.json()["detail"],
              "name \"once\": already taken by namespaces " + first["id"].dump());
}

TEST_F(NamespacesApi, ANameFollowsTheRuleAndStays) {
    for (const char* bad : {"", "A", "a.b", "-a", "a b"})
        EXPECT_EQ(admin().post("/admin/namespaces", {{"name", bad}}).status, 422) << bad;
    const json space = create("stays");
    EXPECT_EQ(admin().patch(path(space), {{"name", "goes"}}).status, 422);
}

TEST_F(NamespacesApi, EveryChangeReachesTheDataPlane) {
    const json space = create("delivered");
    EXPECT_TRUE(comes_to_read("delivered", "status", "active"));

    EXPECT_EQ(admin().patch(path(space), {{"status", "suspended"}}).status, 200);
    EXPECT_TRUE(comes_to_read("delivered", "status", "suspended"));

    EXPECT_EQ(admin().remove(path(space)).status, 204);
    EXPECT_TRUE(comes_to_read("delivered", "status", nullptr));
    EXPECT_EQ(admin().get(path(space)).status, 404);
}

TEST_F(NamespacesApi, TheDataPlaneReadsFourMembers) {
    create("shape");
    ASSERT_TRUE(comes_to_read("shape", "name", "shape"));
    const json read = json::parse(*redis().field("config:namespaces", "shape"));
    EXPECT_EQ(read.size(), 4U);
    EXPECT_EQ(read["description"], "");
    EXPECT_TRUE(read["updated_at"].is_number_integer());
}

TEST_F(NamespacesApi, ListsInPagesByNameAndStatus) {
    for (const char* name : {"page-c", "page-a", "page-b"}) create(name);
    std::vector<std::string> names;
    std::string cursor;
    do {
        const HttpAnswer page = admin().get("/admin/namespaces?q=page-&sort=name&limit=2" +
                                            (cursor.empty() ? std::string() : "&cursor=" + cursor));
        ASSERT_EQ(page.status, 200) << page.body;
        const json list = page.json();
        for (const json& space : list["data"]) names.push_back(space["name"]);
        cursor = list["next_cursor"].is_null() ? "" : list["next_cursor"].get<std::string>();
    } while (!cursor.empty());

    EXPECT_THAT(names, ElementsAre("page-a", "page-b", "page-c"));
    EXPECT_EQ(admin().get("/admin/namespaces?name=page-a&count=true").json()["total"], 1);
    EXPECT_EQ(admin().get("/admin/namespaces?colour=red").status, 400);
}

TEST_F(NamespacesApi, ABatchIsAllOrNothing) {
    const HttpAnswer refused =
        admin().post("/admin/namespaces/batch",
                     json::parse(R"({"operations":[{"op":"create","data":{"name":"all-1"}},
                                      {"op":"create","data":{"name":"BAD"}}]})"));
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.json()["errors"][0]["field"], "operations/1/name");
    EXPECT_EQ(admin().get("/admin/namespaces?name=all-1&count=true").json()["total"], 0);

    const HttpAnswer partly = admin().post(
        "/admin/namespaces/batch",
        json::parse(R"({"atomic":false,"operations":[{"op":"create","data":{"name":"all-1"}},
                                                     {"op":"create","data":{"name":"all-1"}}]})"));
    EXPECT_EQ(partly.status, 200);
    EXPECT_EQ(partly.json()["results"][0]["status"], 201);
    EXPECT_EQ(partly.json()["results"][1]["status"], 409);
}

TEST_F(NamespacesApi, RoutesOfPluginsThatAreNotEnabledAreAbsent) {
    EXPECT_EQ(admin().get("/admin/bindings").status, 404);
    EXPECT_FALSE(admin().get("/swagger/openapi.json").json()["paths"].contains("/admin/bindings"));
}

TEST_F(NamespacesApi, IsForAdminsOnly) {
    EXPECT_EQ(instance().client().get("/admin/namespaces").status, 401);
    EXPECT_EQ(instance().client("wrong").get("/admin/namespaces").status, 401);
}

}  // namespace
}  // namespace ezapi::tests
