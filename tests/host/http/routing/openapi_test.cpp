#include "host/http/routing/openapi.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ezapi::host::http {
namespace {

using nlohmann::json;

RoutePtr route(int32_t access,
               const std::string& method,
               const std::string& pattern,
               const std::string& describe = {}) {
    RouteSpec spec;
    spec.access = access;
    spec.method = method;
    spec.pattern = pattern;
    spec.describe = describe;
    spec.handler = [](ExchangePtr) {};
    return make_route("masters", std::move(spec), std::make_shared<Gate>());
}

json compose(const std::vector<RoutePtr>& routes) {
    return json::parse(compose_openapi({.title = "EZ-API", .version = "1.2.3"}, routes));
}

TEST(OpenApi, HasWhatTheFormatDemands) {
    const json document = compose({});
    EXPECT_EQ(document["openapi"], "3.0.3");
    EXPECT_EQ(document["info"]["version"], "1.2.3");
    EXPECT_EQ(document["info"]["license"]["name"], "MIT");
    EXPECT_TRUE(document["components"]["schemas"].contains("Problem"));
}

TEST(OpenApi, SaysWhoMayCall) {
    const json paths = compose({route(EZ_PUBLIC, "GET", "/p"),
                                route(EZ_ADMIN, "GET", "/a"),
                                route(EZ_MASTER, "GET", "/m"),
                                route(EZ_INTERNAL_ONLY, "GET", "/i")})["paths"];
    EXPECT_EQ(paths["/p"]["get"]["security"], json::array());
    EXPECT_EQ(paths["/a"]["get"]["security"], json::parse(R"([{"adminToken":[]}])"));
    EXPECT_EQ(paths["/m"]["get"]["security"], json::parse(R"([{"masterKey":[]}])"));
    EXPECT_EQ(paths["/i"]["get"]["security"], json::parse(R"([{"internalToken":[]}])"));
}

TEST(OpenApi, GivesEachOperationAnIdOfItsOwn) {
    const char* described = R"({"operation":{"operationId":"list","summary":"Lists"}})";
    const json paths = compose({route(EZ_ADMIN, "GET", "/a", described),
                                route(EZ_ADMIN, "GET", "/b", described),
                                route(EZ_ADMIN, "GET", "/admin/api-keys/{id}/log")})["paths"];
    EXPECT_EQ(paths["/a"]["get"]["operationId"], "list");
    EXPECT_EQ(paths["/b"]["get"]["operationId"], "list2");
    EXPECT_EQ(paths["/admin/api-keys/{id}/log"]["get"]["operationId"], "getAdminApiKeysByIdLog");
}

TEST(OpenApi, AddsMissingPathParametersAndKeepsDeclaredOnes) {
    const json paths =
        compose({route(EZ_ADMIN, "GET", "/a/{id}/{name}", R"({"operation":{"parameters":[
            {"name":"id","in":"path","required":true,"schema":{"type":"integer"}}]}})")})["paths"];
    const json& parameters = paths["/a/{id}/{name}"]["get"]["parameters"];
    ASSERT_EQ(parameters.size(), 2U);
    EXPECT_EQ(parameters[0]["schema"]["type"], "integer");
    EXPECT_EQ(parameters[1]["name"], "name");
}

TEST(OpenApi, AddsOnlyProblemsThatCanHappen) {
    const json paths =
        compose({route(EZ_PUBLIC, "GET", "/p"),
                 route(EZ_ADMIN, "POST", "/a/{id}", R"({"operation":{"requestBody":{},"responses":
                    {"201":{"description":"Made"},"404":{"description":"Mine"}}}})")})["paths"];
    const json& open = paths["/p"]["get"]["responses"];
    EXPECT_FALSE(open.contains("401"));
    EXPECT_FALSE(open.contains("404"));
    EXPECT_TRUE(open.contains("500"));
    const json& closed = paths["/a/{id}"]["post"]["responses"];
    EXPECT_TRUE(closed.contains("401") && closed.contains("422") && closed.contains("409"));
    EXPECT_EQ(closed["404"]["description"], "Mine");
    EXPECT_FALSE(closed.contains("200"));
}

TEST(OpenApi, LeavesOutHiddenRoutesAndMergesSchemas) {
    const json document =
        compose({route(EZ_PUBLIC, "GET", "/hidden", R"({"hidden":true})"),
                 route(EZ_ADMIN,
                       "GET",
                       "/a",
                       R"({"operation":{"tags":["x"]},"schemas":{"A":{"type":"object"}}})")});
    EXPECT_FALSE(document["paths"].contains("/hidden"));
    EXPECT_TRUE(document["components"]["schemas"].contains("A"));
    EXPECT_EQ(document["tags"][0]["name"], "x");
}

TEST(Route, KnowsTheQueryParametersOfItsOperation) {
    const auto listed = route(EZ_ADMIN, "GET", "/a", R"({"operation":{"parameters":[
        {"name":"limit","in":"query"},{"name":"X","in":"header"}]}})");
    EXPECT_EQ(listed->query_names, (std::vector<std::string>{"limit"}));
    EXPECT_EQ(route(EZ_ADMIN, "POST", "/a")->query_names,
              (std::vector<std::string>{"timeout", "wait"}));
    EXPECT_TRUE(route(EZ_INTERNAL_ONLY, "POST", "/a")->query_names.empty());
}

TEST(OpenApi, SaysThatWritesMayWaitForTheirDelivery) {
    const json paths = compose({route(EZ_ADMIN, "POST", "/a"),
                                route(EZ_ADMIN, "GET", "/a"),
                                route(EZ_INTERNAL_ONLY, "POST", "/i")})["paths"];
    const json& write = paths["/a"]["post"];
    EXPECT_EQ(write["parameters"][0]["name"], "wait");
    EXPECT_EQ(write["parameters"][1]["name"], "timeout");
    EXPECT_TRUE(write["responses"]["200"]["headers"].contains("X-Change-State"));
    EXPECT_FALSE(paths["/a"]["get"].contains("parameters"));
    EXPECT_FALSE(paths["/i"]["post"].contains("parameters"));
}

}  // namespace
}  // namespace ezapi::host::http
