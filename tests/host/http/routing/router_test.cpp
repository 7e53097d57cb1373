#include "host/http/routing/router.hpp"

#include <gtest/gtest.h>

#include "ezapi/error.hpp"
#include "host/http/routing/routes.hpp"

namespace ezapi::host::http {
namespace {

using namespace std::chrono_literals;

RouteSpec spec(const std::string& method, const std::string& pattern) {
    RouteSpec spec;
    spec.access = EZ_PUBLIC;
    spec.method = method;
    spec.pattern = pattern;
    spec.handler = [](ExchangePtr) {};
    return spec;
}

RoutePtr route(const std::string& method, const std::string& pattern) {
    return make_route("test", spec(method, pattern), std::make_shared<Gate>());
}

std::string message_of(const std::function<void()>& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

TEST(Router, PrefersFixedSegmentsAndFallsBackToParameters) {
    const Table table({route("GET", "/a/{id}"),
                       route("GET", "/a/batch"),
                       route("GET", "/a/{id}/keys"),
                       route("GET", "/a/batch/log")});
    EXPECT_EQ(table.find("GET", "/a/batch")->route->spec.pattern, "/a/batch");
    EXPECT_EQ(table.find("GET", "/a/7")->route->spec.pattern, "/a/{id}");
    EXPECT_EQ(table.find("GET", "/a/batch/keys")->route->spec.pattern, "/a/{id}/keys");
    EXPECT_EQ(table.find("GET", "/a/batch/keys")->params.at(0).second, "batch");
    EXPECT_FALSE(table.find("GET", "/a/7/log"));
}

TEST(Router, DecodesParametersAfterSplitting) {
    const Table table({route("GET", "/features/{name}")});
    EXPECT_EQ(table.find("GET", "/features/a%2Fb%20c")->params.at(0).second, "a/b c");
}

TEST(Router, KnowsOneSpellingOfAPath) {
    const Table table({route("GET", "/admin/masters"), route("GET", "/admin/masters/{id}")});
    EXPECT_TRUE(table.find("GET", "/admin/masters"));
    EXPECT_FALSE(table.find("GET", "/admin/masters/"));
    EXPECT_FALSE(table.find("GET", "/Admin/masters"));
    EXPECT_FALSE(table.find("GET", "/admin"));
    EXPECT_FALSE(table.find("GET", "/"));
    EXPECT_FALSE(table.find("GET", "/admin%2Fmasters"));
}

TEST(Router, ListsTheMethodsOfAPath) {
    const Table table({route("GET", "/a"), route("POST", "/a")});
    const auto match = table.find("DELETE", "/a");
    ASSERT_TRUE(match);
    EXPECT_EQ(match->route, nullptr);
    EXPECT_EQ(match->allowed, (std::vector<std::string>{"GET", "HEAD", "OPTIONS", "POST"}));
}

TEST(Router, AnswersHeadFromGet) {
    const Table table({route("GET", "/a"), route("POST", "/b")});
    EXPECT_EQ(table.find("HEAD", "/a")->route->spec.method, "GET");
    EXPECT_EQ(table.find("HEAD", "/b")->route, nullptr);
}

TEST(Routes, RefusesWhatHasNoAccess) {
    auto unknown = spec("GET", "/a");
    unknown.access = RouteSpec{}.access;
    EXPECT_THROW((void)make_route("test", unknown, std::make_shared<Gate>()), Error);
}

TEST(Routes, RefusesMalformedPatterns) {
    for (const char* pattern :
         {"", "a", "/a//b", "/a/{id", "/a/x{id}", "/a/{}", "/a/{id}/{id}", "/a b", "/%41"}) {
        EXPECT_THROW((void)route("GET", pattern), Error) << pattern;
    }
    EXPECT_THROW((void)route("OPTIONS", "/a"), Error);
}

TEST(Routes, NamesTheOwnerOfWhatIsInTheWay) {
    Routes routes;
    routes.stage("first", spec("GET", "/a/{id}"));
    EXPECT_EQ(message_of([&] { routes.stage("second", spec("GET", "/a/{id}")); }),
              "route GET /a/{id}: already belongs to first");
    EXPECT_EQ(
        message_of([&] { routes.stage("second", spec("POST", "/a/{key}")); }),
        "route POST /a/{key}: first has the same path as /a/{id}, with another parameter name");
    routes.stage("second", spec("POST", "/a/{id}"));
}

TEST(Routes, RefusesTwoSchemasOfOneName) {
    Routes routes;
    auto first = spec("GET", "/a");
    first.describe = R"({"operation":{},"schemas":{"A":{"type":"object","title":"x"}}})";
    auto same = spec("GET", "/b");
    same.describe = R"({"operation":{},"schemas":{"A":{"title":"x","type":"object"}}})";
    auto other = spec("GET", "/c");
    other.describe = R"({"operation":{},"schemas":{"A":{"type":"string"}}})";
    routes.stage("one", first);
    routes.stage("two", same);
    EXPECT_NE(message_of([&] { routes.stage("three", other); }).find("schema A differs"),
              std::string::npos);
}

TEST(Routes, RefuseDescriptionsThatTheDocumentCannotHold) {
    Routes routes;
    for (const char* describe : {"{",
                                 "[]",
                                 R"({"operation":[]})",
                                 R"({"operation":{"tags":"x"}})",
                                 R"({"operation":{"tags":[1]}})",
                                 R"({"operation":{"parameters":[1]}})",
                                 R"({"operation":{"operationId":1}})"}) {
        auto bad = spec("GET", "/a");
        bad.describe = describe;
        EXPECT_THROW(routes.stage("plugin", bad), Error) << describe;
    }
    EXPECT_EQ(routes.count("plugin"), 0U);
}

TEST(Routes, AreLiveBetweenActivateAndRetire) {
    Routes routes;
    routes.stage("plugin", spec("GET", "/a"));
    EXPECT_FALSE(routes.table()->find("GET", "/a"));
    routes.activate("plugin");
    EXPECT_TRUE(routes.table()->find("GET", "/a"));
    EXPECT_TRUE(routes.retire("plugin", std::chrono::steady_clock::now()));
    EXPECT_FALSE(routes.table()->find("GET", "/a"));
    routes.discard("plugin");
    routes.stage("plugin", spec("GET", "/a"));
    routes.activate("plugin");
    EXPECT_TRUE(routes.table()->find("GET", "/a"));
}

TEST(Routes, FreeWhatAHandlerUsesOnceAndAfterItsLastExchange) {
    Routes routes;
    int released = 0;
    auto counted = spec("GET", "/a");
    counted.release = [&] { ++released; };
    routes.stage("plugin", counted);
    routes.activate("plugin");
    const auto gate = routes.table()->routes().at(0)->gate;
    ASSERT_TRUE(gate->enter());

    EXPECT_FALSE(routes.retire("plugin", std::chrono::steady_clock::now() + 1ms));
    EXPECT_FALSE(gate->enter());
    routes.discard("plugin");
    EXPECT_EQ(released, 0);
    gate->leave();
    EXPECT_EQ(released, 1);
    routes.discard("plugin");
    EXPECT_EQ(released, 1);
}

TEST(Routes, FreeWhatARefusedRouteUses) {
    Routes routes;
    int released = 0;
    auto bad = spec("GET", "nowhere");
    bad.release = [&] { ++released; };
    EXPECT_THROW(routes.stage("plugin", bad), Error);
    EXPECT_EQ(released, 1);
}

}  // namespace
}  // namespace ezapi::host::http
