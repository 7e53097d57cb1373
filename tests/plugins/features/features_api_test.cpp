// Feature flags through the real server, from the request to what the data plane reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class FeaturesApi : public InstanceTest {
protected:
    InstanceOptions options() const override { return {.plugins = {"features", "sync"}}; }

    static HttpAnswer put(const std::string& name, const json& body, const Headers& headers = {}) {
        return admin().put("/admin/features/" + name, body, headers);
    }

    static json delivered(const std::string& name) {
        const auto field = redis().field("meta:features", name);
        return field ? json::parse(*field) : json();
    }
};

TEST_F(FeaturesApi, PutCreatesAndThenReplaces) {
    const HttpAnswer created = put("router.v2", {{"value", {{"share", 0.25}}}});
    ASSERT_EQ(created.status, 201) << created.body;
    EXPECT_EQ(created.header("location"), "/admin/features/router.v2");
    EXPECT_EQ(created.json()["enabled"], true);

    const HttpAnswer replaced = put("router.v2", {{"value", nullptr}, {"enabled", false}});
    EXPECT_EQ(replaced.status, 200);
    EXPECT_EQ(replaced.header("etag"), "\"" + created.json()["id"].dump() + ".2\"");
    EXPECT_EQ(replaced.json()["id"], created.json()["id"]);
    EXPECT_EQ(admin().get("/admin/features/router.v2").json()["value"], nullptr);
}

TEST_F(FeaturesApi, IsNotEnabledByNullOrByLeavingItOut) {
    put("off", {{"value", 1}, {"enabled", false}});
    EXPECT_EQ(put("off", {{"value", 2}}).json()["enabled"], false);
    EXPECT_EQ(put("off", {{"value", 2}, {"enabled", nullptr}}).status, 422);
    EXPECT_EQ(put("off", {{"value", 2}, {"enabled", true}}).json()["enabled"], true);
}

TEST_F(FeaturesApi, TakesAnyJsonAsTheValue) {
    for (const json& value : {json(1.5), json("text"), json(true), json::array({1, "a"}), json()}) {
        put("any", {{"value", value}});
        EXPECT_EQ(admin().get("/admin/features/any").json()["value"], value);
    }
    EXPECT_EQ(put("any", {{"enabled", true}}).status, 422);
}

TEST_F(FeaturesApi, KeepsEveryDigitOfANumber) {
    const std::string value =
        R"({"big":123456789012345678901234567890,"list":[0.10000000000000000001,1.5],"tiny":)"
        R"(1e-30})";
    const HttpAnswer made =
        admin().send("PUT", "/admin/features/digits", R"({"value":)" + value + "}");
    ASSERT_EQ(made.status, 201) << made.body;
    for (const char* digits : {"123456789012345678901234567890", "0.10000000000000000001"}) {
        EXPECT_NE(made.body.find(digits), std::string::npos) << made.body;
        EXPECT_NE(admin().get("/admin/features/digits").body.find(digits), std::string::npos);
        EXPECT_TRUE(eventually(10s, [&] {
            const auto field = redis().field("meta:features", "digits");
            return field && field->find(digits) != std::string::npos;
        }));
    }
    // The body of a GET can be written again without losing digits.
    EXPECT_EQ(admin().send("PUT", "/admin/features/digits", made.body).status, 200);
    EXPECT_NE(admin().get("/admin/features/digits").body.find("0.10000000000000000001"),
              std::string::npos);
}

TEST_F(FeaturesApi, PreconditionsAreHonoured) {
    EXPECT_EQ(put("guarded", {{"value", 1}}, {{"If-Match", "\"1\""}}).status, 412);
    const HttpAnswer created = put("guarded", {{"value", 1}}, {{"If-None-Match", "*"}});
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(put("guarded", {{"value", 2}}, {{"If-None-Match", "*"}}).status, 412);
    const Headers first{{"If-Match", created.header("etag")}};
    const HttpAnswer replaced = put("guarded", {{"value", 2}}, first);
    EXPECT_EQ(replaced.status, 200);
    EXPECT_EQ(admin().remove("/admin/features/guarded", first).status, 412);
    const Headers second{{"If-Match", replaced.header("etag")}};
    EXPECT_EQ(admin().remove("/admin/features/guarded", second).status, 204);
    EXPECT_EQ(put("guarded", {{"value", 1}}).status, 201);
    EXPECT_EQ(put("guarded", {{"value", 3}}, first).status, 412) << "of another flag of this name";
}

TEST_F(FeaturesApi, NamesFollowTheRule) {
    EXPECT_EQ(put(".hidden", {{"value", 1}}).status, 422);
    EXPECT_EQ(put("a%20b", {{"value", 1}}).status, 422);
    EXPECT_EQ(put(std::string(129, 'a'), {{"value", 1}}).status, 422);
    EXPECT_EQ(admin().get("/admin/features/none").status, 404);
    EXPECT_EQ(admin().remove("/admin/features/none").status, 404);
}

TEST_F(FeaturesApi, EveryChangeReachesTheDataPlane) {
    put("beta", {{"value", 7}, {"description", "Try it"}});
    EXPECT_TRUE(eventually(10s, [&] { return delivered("beta").is_object(); }));
    json flag = delivered("beta");
    flag.erase("updated_at");
    EXPECT_EQ(flag,
              json::parse(R"({"name":"beta","enabled":true,"value":7,"description":"Try it"})"));

    put("beta", {{"value", 8}});
    EXPECT_TRUE(eventually(10s, [&] { return delivered("beta").value("value", 0) == 8; }));

    EXPECT_EQ(admin().remove("/admin/features/beta").status, 204);
    EXPECT_TRUE(eventually(10s, [&] { return delivered("beta").is_null(); }));
}

TEST_F(FeaturesApi, FirstPutsAtTheSameMomentCreateOnce) {
    std::vector<int> statuses(8);
    std::vector<std::jthread> clients;
    for (size_t i = 0; i < statuses.size(); ++i) {
        clients.emplace_back([&statuses, i] {
            statuses[i] =
                instance().admin().put("/admin/features/contended", {{"value", i}}).status;
        });
    }
    clients.clear();
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 201), 1);
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 200), 7);
}

TEST_F(FeaturesApi, ListsWithFilters) {
    put("list.on", {{"value", 1}});
    put("list.off", {{"value", 1}, {"enabled", false}});
    const json off = admin().get("/admin/features?q=list.&enabled=false").json()["data"];
    ASSERT_EQ(off.size(), 1U);
    EXPECT_EQ(off[0]["name"], "list.off");
}

}  // namespace
}  // namespace ezapi::tests
