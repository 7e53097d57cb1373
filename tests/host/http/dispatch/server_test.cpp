// Requests and replies over real sockets: HTTP semantics as a client sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ezapi/error.hpp"
#include "host/db/call_scope.hpp"
#include "tests/host/http/served.hpp"

namespace ezapi::host::http {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ServerTest : public Served {};

TEST_F(ServerTest, KeepsConnectionsWithoutBeingAskedTo) {
    start();
    const auto client = this->client();
    for (int i = 0; i < 3; ++i) {
        const auto reply = client->ask(get_request("/ping"));
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.body, "\"pong\"");
        EXPECT_EQ(reply.header("connection"), "");
    }
}

TEST_F(ServerTest, ClosesWhenAskedTo) {
    start();
    const auto client = this->client();
    EXPECT_EQ(client->ask(get_request("/ping", "Connection: close\r\n")).header("connection"),
              "close");
    EXPECT_TRUE(client->closed());
}

TEST_F(ServerTest, ClosesForHttp10UnlessItAsksToStay) {
    start();
    const auto closing = client();
    EXPECT_EQ(closing->ask("GET /ping HTTP/1.0\r\n\r\n").header("connection"), "close");
    EXPECT_TRUE(closing->closed());
    const auto staying = client();
    const std::string request = "GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    EXPECT_EQ(staying->ask(request).header("connection"), "keep-alive");
    EXPECT_EQ(staying->ask(request).status, 200);
}

TEST_F(ServerTest, AnswersHeadWithTheLengthAndWithoutTheBody) {
    start();
    const auto client = this->client();
    client->send("HEAD /ping HTTP/1.1\r\nHost: test\r\n\r\n");
    const auto reply = client->reply(false);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-length"), "6");
    EXPECT_EQ(client->ask(get_request("/number/2")).body, "2");
}

TEST_F(ServerTest, CarriesWhatEveryAnswerHas) {
    start();
    const auto reply = ask(get_request("/ping"));
    EXPECT_EQ(reply.header("x-request-id").size(), 32U);
    EXPECT_EQ(reply.header("cache-control"), "no-store");
    EXPECT_EQ(reply.header("content-type"), "application/json");
    EXPECT_THAT(reply.header("date"), HasSubstr(" GMT"));
}

TEST_F(ServerTest, TakesOverAHarmlessRequestIdOnly) {
    start();
    const auto id_for = [&](const std::string& id) {
        return ask(get_request("/ping", "X-Request-ID: " + id + "\r\n")).header("x-request-id");
    };
    EXPECT_EQ(id_for("abc-1.2_X"), "abc-1.2_X");
    EXPECT_EQ(id_for("a b").size(), 32U);
    EXPECT_EQ(id_for("\"quoted\"").size(), 32U);
    EXPECT_EQ(id_for(std::string(129, 'a')).size(), 32U);
}

TEST_F(ServerTest, AnswersUnknownPathsAndMethodsWithProblems) {
    start();
    const auto absent = ask(get_request("/nowhere"));
    EXPECT_EQ(absent.status, 404);
    EXPECT_EQ(absent.header("content-type"), "application/problem+json");
    EXPECT_EQ(json::parse(absent.body)["request_id"], absent.header("x-request-id"));
    const auto method = ask(post_request("/ping", "{}"));
    EXPECT_EQ(method.status, 405);
    EXPECT_EQ(method.header("allow"), "GET, HEAD, OPTIONS");
    const auto trace = ask("TRACE /ping HTTP/1.1\r\nHost: test\r\n\r\n");
    EXPECT_EQ(trace.status, 501);
}

TEST_F(ServerTest, DerivesOptions) {
    start();
    const auto reply = ask("OPTIONS /ping HTTP/1.1\r\nHost: test\r\n\r\n");
    EXPECT_EQ(reply.status, 204);
    EXPECT_EQ(reply.header("allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ServerTest, AnswersOptionsOfTheServer) {
    start();
    const auto client = this->client();
    const auto reply = client->ask("OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n");
    EXPECT_EQ(reply.status, 204);
    EXPECT_EQ(reply.header("allow"), "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    EXPECT_EQ(client->ask(get_request("http://test/ping")).body, "\"pong\"");
}

TEST_F(ServerTest, AnswersPreflightsWithoutACredential) {
    options_.cors_origins = "https://console.example";
    start();
    const auto reply =
        ask("OPTIONS /admin/thing HTTP/1.1\r\nHost: test\r\nOrigin: https://console.example\r\n"
            "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: "
            "authorization\r\n\r\n");
    EXPECT_EQ(reply.status, 204);
    EXPECT_EQ(reply.header("access-control-allow-origin"), "https://console.example");
    EXPECT_THAT(reply.header("access-control-allow-headers"), HasSubstr("Authorization"));
    EXPECT_THAT(reply.header("access-control-allow-methods"), HasSubstr("GET"));
    const auto answer = ask(get_request("/ping", "Origin: https://console.example\r\n"));
    EXPECT_THAT(answer.header("access-control-expose-headers"), HasSubstr("X-Change-Revision"));
    const auto refused =
        ask("POST /echo HTTP/1.1\r\nHost: test\r\nOrigin: https://console.example\r\n"
            "Content-Length: 99999999999\r\n\r\n");
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(refused.header("access-control-allow-origin"), "https://console.example");
}

TEST_F(ServerTest, RefusesUnknownQueryParametersAndListsTheAllowed) {
    start();
    RouteSpec spec;
    spec.access = EZ_ADMIN;
    spec.method = "GET";
    spec.pattern = "/list";
    spec.describe =
        R"({"operation":{"parameters":[{"name":"limit","in":"query"},{"name":"q","in":"query"}]}})";
    spec.handler =
        answering([](Exchange& exchange) { return json_reply(json(exchange.query()).dump()); });
    server_->route("test", std::move(spec));
    const auto good = ask(get_request("/list?q=a+b%2F&limit=5", kAsAdmin));
    EXPECT_EQ(json::parse(good.body), json::parse(R"([["q","a b/"],["limit","5"]])"));
    const auto bad = ask(get_request("/list?limt=5", kAsAdmin));
    EXPECT_EQ(bad.status, 400);
    EXPECT_THAT(bad.body, HasSubstr("allowed are limit, q"));
    EXPECT_EQ(ask(get_request("/list?limt=5")).status, 401);
}

TEST_F(ServerTest, RefusesAQueryParameterThatIsGivenTwice) {
    start();
    RouteSpec spec;
    spec.access = EZ_ADMIN;
    spec.method = "POST";
    spec.pattern = "/list";
    spec.describe = R"({"operation":{"parameters":[{"name":"limit","in":"query"}]}})";
    spec.handler = answering([](Exchange&) { return json_reply("{}"); });
    server_->route("test", std::move(spec));
    for (const char* query :
         {"limit=1&limit=2", "limit=1&limit=1", "limit=1&lim%69t", "limit&limit"}) {
        const auto reply = ask(post_request(std::string("/list?") + query, "", kAsAdmin));
        EXPECT_EQ(reply.status, 400) << query;
        EXPECT_THAT(reply.body, HasSubstr("'limit': given more than once")) << query;
    }
    const auto waits = ask(post_request("/list?wait=applied&limit=1&wait=applied", "", kAsAdmin));
    EXPECT_EQ(waits.status, 400) << "the host's own parameters, too";
    EXPECT_EQ(json::parse(waits.body)["code"], "repeated_parameter");
    EXPECT_EQ(json::parse(waits.body)["errors"][0]["field"], "wait");
}

TEST_F(ServerTest, KeepsTheCauseOfAFaultToItself) {
    start();
    add("test", "GET", "/broken", answering([](Exchange&) -> Reply {
            throw std::runtime_error("secret cause");
        }));
    add("test", "GET", "/dropped", [](ExchangePtr) {});
    for (const char* path : {"/broken", "/dropped"}) {
        const auto reply = ask(get_request(path));
        EXPECT_EQ(reply.status, 500) << path;
        EXPECT_THAT(reply.body, ::testing::Not(HasSubstr("secret")));
        EXPECT_THAT(reply.body, HasSubstr(reply.header("x-request-id")));
    }
}

TEST_F(ServerTest, TurnsErrorsIntoProblems) {
    start();
    add("test", "GET", "/wrong", answering([](Exchange&) -> Reply {
            throw Error(EZ_INVALID, "two faults")
                .with_http(422)
                .with_code("validation")
                .with_faults({{"name", "required", "missing"}, {"age", "range", "too high"}});
        }));
    const auto reply = ask(get_request("/wrong"));
    EXPECT_EQ(reply.status, 422);
    EXPECT_EQ(json::parse(reply.body)["errors"].size(), 2U);
}

TEST_F(ServerTest, DropsHeadersThatWouldSplitTheReply) {
    start();
    add("test", "GET", "/split", answering([](Exchange& exchange) {
            exchange.set_header("X-Bad", "a\r\nX-Injected: 1");
            exchange.set_header("Content-Length", "0");
            exchange.set_header("X-Good", "1");
            return json_reply("{}");
        }));
    const auto reply = ask(get_request("/split"));
    EXPECT_EQ(reply.header("x-injected"), "");
    EXPECT_EQ(reply.header("content-length"), "2");
    EXPECT_EQ(reply.header("x-good"), "1");
}

TEST_F(ServerTest, TellsTheRevisionOfTheCallersOwnCommit) {
    start();
    add("test", "GET", "/written", answering([](Exchange&) {
            db::CallScope::current()->revision = 42;
            return json_reply("{}");
        }));
    EXPECT_EQ(ask(get_request("/written")).header("x-change-revision"), "42");
    EXPECT_EQ(ask(get_request("/ping")).header("x-change-revision"), "");
}

TEST_F(ServerTest, AsksForCredentialsByTheRouteAndNotByItsSpelling) {
    start();
    EXPECT_EQ(ask(get_request("/admin/thing")).header("www-authenticate"),
              "Bearer realm=\"ezapi\"");
    EXPECT_EQ(ask(get_request("/admin/thing", kAsAdmin)).body, "\"admin\"");
    for (const char* path : {"//admin/thing",
                             "/admin//thing",
                             "/admin/./thing",
                             "/x/../admin/thing",
                             "Xadmin/thing"}) {
        EXPECT_EQ(ask(get_request(path)).status, 400) << path;
    }
    for (const char* path : {"/admin/thing/", "/Admin/thing", "/admin%2Fthing"}) {
        EXPECT_EQ(ask(get_request(path)).status, 404) << path;
    }
    EXPECT_EQ(ask(get_request("/%61dmin/thing")).status, 400);
    EXPECT_EQ(ask(get_request("http://test/admin/thing")).status, 401);
    EXPECT_EQ(ask(get_request("/admin/thing?access_token=" + kAdminToken)).status, 401);
}

TEST_F(ServerTest, AnswersExpectContinue) {
    start();
    const auto client = this->client();
    client->send(
        "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client->reply().status, 100);
    EXPECT_EQ(client->ask("ok").body, "ok");
}

TEST_F(ServerTest, CarriesBodiesOfBothKinds) {
    start();
    const std::string body(300'000, 'b');
    EXPECT_EQ(ask(post_request("/echo", body)).body, body);
    const auto client = this->client();
    EXPECT_EQ(client
                  ->ask("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "5\r\nhello\r\n0\r\n\r\n")
                  .body,
              "hello");
    EXPECT_EQ(client->ask(get_request("/ping")).status, 200);
}

/// A POST whose route takes bodies of up to `most` bytes.
void add_limited(Server& server, const char* path, std::uint64_t most) {
    RouteSpec spec;
    spec.access = EZ_PUBLIC;
    spec.method = "POST";
    spec.pattern = path;
    spec.max_body = most;
    spec.handler = answering([](Exchange&) { return json_reply("{}"); });
    server.route("test", std::move(spec));
}

TEST_F(ServerTest, TakesARoutesOwnBodyLimit) {
    start();
    add_limited(*server_, "/small", 4);
    EXPECT_EQ(ask(post_request("/small", "1234")).status, 200);
    EXPECT_EQ(ask(post_request("/small", "12345")).status, 413);
}

TEST_F(ServerTest, HoldsTheServersBodyLimitAgainstAGreaterOneOfARoute) {
    options_.limits.body_bytes = 4;
    start();
    add_limited(*server_, "/large", 1024);
    EXPECT_EQ(ask(post_request("/large", "1234")).status, 200);
    EXPECT_EQ(ask(post_request("/large", "12345")).status, 413);
}

TEST_F(ServerTest, TakesRoutesAwayAndBack) {
    start();
    add("plugin", "GET", "/plugin", answering([](Exchange&) { return json_reply("{}"); }));
    EXPECT_EQ(ask(get_request("/plugin")).status, 404);
    server_->activate("plugin");
    EXPECT_EQ(ask(get_request("/plugin")).status, 200);
    EXPECT_TRUE(
        server_->retire("plugin", std::chrono::steady_clock::now() + std::chrono::seconds(5)));
    EXPECT_EQ(ask(get_request("/plugin")).status, 404);
    server_->discard("plugin");
    EXPECT_EQ(server_->route_count("plugin"), 0U);
}

TEST_F(ServerTest, TellsRoutesThatMayComeBackFromThoseThatAreGone) {
    start();
    add("plugin", "GET", "/plugin", answering([](Exchange&) { return json_reply("{}"); }));
    server_->activate("plugin");

    server_->begin_change();
    server_->retire("plugin", std::chrono::steady_clock::now() + std::chrono::seconds(5));
    server_->discard("plugin");
    const auto away = ask(get_request("/plugin"));
    EXPECT_EQ(away.status, 503);
    EXPECT_EQ(away.header("retry-after"), "1");
    EXPECT_EQ(ask(get_request("/never")).status, 404);

    server_->end_change();
    EXPECT_EQ(ask(get_request("/plugin")).status, 404);
}

TEST_F(ServerTest, MeasuresRequestsByPattern) {
    start();
    ask(get_request("/number/1"));
    ask(get_request("/number/2"));
    ask(get_request("//x"));
    const std::string text = metrics_.expose();
    EXPECT_THAT(
        text,
        HasSubstr(
            R"(ezapi_http_requests_total{method="GET",pattern="/number/{n}",status="2xx"} 2)"));
    EXPECT_THAT(text, HasSubstr(R"(ezapi_http_refused_total{reason="bad_target"} 1)"));
    EXPECT_THAT(text, HasSubstr("ezapi_http_in_flight 0"));
}

}  // namespace
}  // namespace ezapi::host::http
