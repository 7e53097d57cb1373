// The ABI's http table, used as a plugin in C uses it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "ezapi/str.hpp"
#include "host/api/tables.hpp"
#include "host/modules/context.hpp"
#include "tests/host/http/served.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::host::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const ez_http_api& kApi = host::api::kHttp;

class HttpApiTest : public Served {
protected:
    void start_plugin() {
        start();
        components_.http = server_.get();
        context_.plugin = "plugin";
        context_.host = &components_;
    }

    ez_status route(const char* method,
                    const char* pattern,
                    ez_http_fn handler,
                    void* user = nullptr) {
        ez_route route{};
        route.size = sizeof route;
        route.access = EZ_PUBLIC;
        route.method = str(method);
        route.pattern = str(pattern);
        route.describe = str(
            R"({"operation":{"parameters":[{"name":"q","in":"query"},{"name":"r","in":"query"}],)"
            R"("requestBody":{"content":{"text/plain":{}}}}})");
        route.handler = handler;
        route.user = user;
        route.free_user = [](void* freed) noexcept {
            if (freed != nullptr) ++*static_cast<std::atomic<int>*>(freed);
        };
        return kApi.route(&context_, &route, &error_);
    }

    Components components_;
    ez_context context_;
    ez_error error_{};
};

TEST_F(HttpApiTest, ShowsTheRequestAndSendsTheAnswer) {
    start_plugin();
    const auto handler = [](void*, ez_exchange* exchange) noexcept {
        std::string seen;
        for (const int32_t which : {EZ_PART_METHOD,
                                    EZ_PART_PATH,
                                    EZ_PART_PATTERN,
                                    EZ_PART_BODY,
                                    EZ_PART_CLIENT_IP,
                                    EZ_PART_REQUEST_ID}) {
            seen.append(view(kApi.part(exchange, which))).append("|");
        }
        seen.append(view(kApi.param(exchange, str("id")))).append("|");
        ez_str header{};
        seen.append(std::to_string(kApi.header(exchange, str("X-MANY"), &header)))
            .append(view(header));
        seen.append("|")
            .append(std::to_string(kApi.header(exchange, str("absent"), &header)))
            .append("|");
        for (size_t i = 0; i < kApi.query_count(exchange); ++i) {
            const ez_pair pair = kApi.query_at(exchange, i);
            seen.append(view(pair.name)).append("=").append(view(pair.value)).append(";");
        }
        ez_identity identity{};
        identity.size = sizeof identity;
        kApi.identity(exchange, &identity);
        seen.append("|").append(std::to_string(identity.kind));
        kApi.set_header(exchange, str("Content-Type"), str("text/plain"));
        kApi.finish(exchange, 201, str(seen));
    };
    ASSERT_EQ(route("POST", "/things/{id}", handler), EZ_OK) << error_.message;
    EXPECT_EQ(ask(post_request("/things/1", "")).status, 404);
    server_->activate("plugin");
    const auto reply = ask(post_request(
        "/things/a%2Fb?q=1&r=2", "hello", "X-Request-ID: r1\r\nX-Many: a\r\nx-many: b\r\n"));
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.header("content-type"), "text/plain");
    EXPECT_EQ(reply.body,
              "POST|/things/a%2Fb|/things/{id}|hello|127.0.0.1|r1|a/b|1a, b|0|q=1;r=2;|0");
}

TEST_F(HttpApiTest, SendsProblems) {
    start_plugin();
    ASSERT_EQ(route("GET",
                    "/taken",
                    [](void*, ez_exchange* exchange) noexcept {
                        kApi.problem(
                            exchange,
                            409,
                            str("unique"),
                            str("the name is taken"),
                            str(R"([{"field":"name","code":"unique","message":"taken"}])"));
                    }),
              EZ_OK);
    ASSERT_EQ(
        route("GET",
              "/odd",
              [](void*, ez_exchange* exchange) noexcept { kApi.finish(exchange, 99, str("x")); }),
        EZ_OK);
    server_->activate("plugin");
    const auto taken = ask(get_request("/taken"));
    EXPECT_EQ(taken.status, 409);
    EXPECT_THAT(taken.body, HasSubstr("\"errors\":[{"));
    EXPECT_EQ(ask(get_request("/odd")).status, 500);
}

TEST_F(HttpApiTest, LetsAnAnswerComeLaterFromAnotherThread) {
    start_plugin();
    static std::atomic<ez_exchange*> kept;
    kept = nullptr;
    ASSERT_EQ(
        route("GET", "/later", [](void*, ez_exchange* exchange) noexcept { kept = exchange; }),
        EZ_OK);
    server_->activate("plugin");
    const auto client = this->client();
    client->send(get_request("/later"));
    ASSERT_TRUE(tests::eventually(10s, [] { return kept.load() != nullptr; }));
    std::thread([] { kApi.finish(kept, 200, str("1")); }).join();
    EXPECT_EQ(client->reply().body, "1");
}

TEST_F(HttpApiTest, SaysWhoseRouteIsInTheWayAndFreesTheUser) {
    start_plugin();
    std::atomic<int> freed = 0;
    EXPECT_EQ(route(
                  "GET", "/ping", [](void*, ez_exchange*) noexcept {}, &freed),
              EZ_CONFLICT);
    EXPECT_THAT(error_.message, HasSubstr("belongs to test"));
    EXPECT_EQ(freed, 1);
    EXPECT_EQ(route(
                  "GET", "/free", [](void*, ez_exchange*) noexcept {}, &freed),
              EZ_OK);
    EXPECT_EQ(route("GET", "/nothing", nullptr, &freed), EZ_INVALID);
    EXPECT_EQ(freed, 2);
    server_->discard("plugin");
    EXPECT_EQ(freed, 3);
}

TEST_F(HttpApiTest, RefusesAStructThatIsTooSmall) {
    start_plugin();
    ez_route small{};
    small.size = 4;
    EXPECT_EQ(kApi.route(&context_, &small, &error_), EZ_INVALID);
}

}  // namespace
}  // namespace ezapi::host::http
