// The example of fake_host.hpp, and the behaviour that it guarantees to plugin authors.
#include "ezapi/fake_host.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace ezapi {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSettings = R"({"type":"object","properties":{
    "greeting":{"type":"string","default":"Hello"},
    "keep_days":{"type":"integer","default":30}}})";

class Hello {
public:
    explicit Hello(Host& host)
        : host_(host),
          db_(host.db()),
          log_(host.log()),
          greeting_(host.settings().at("greeting")),
          greeted_(host.metrics().counter("hello_greeted_total", "Greetings", {{"kind", "api"}})) {
        host.get("/hello/{name}",
                 Access::admin,
                 Operation("Greets").path("name", text_schema()).query("loud", boolean_schema()),
                 [this](const Request& request) { return greet(request); });
        host.get("/hello/world", Access::anyone, Operation("Greets all"), [](const Request&) {
            return Response::json({{"text", "Hello, all"}});
        });
        host.keep("POST", "/later", Access::anyone, Operation("Answers later"), [this](Exchange e) {
            late_.emplace_back([exchange = std::move(e)]() mutable {
                exchange.send(Response::json({{"late", true}}));
            });
        });
        host.write("POST", "/fail", Access::admin, Operation("Fails"), [](const Request&, Tx&) {
            throw Error(EZ_DENIED, "not today");
            return Response::none();
        });
        host.route("POST", "/wave", Access::admin, Operation("Waves"), [](const Request&) {
            return Response::none();
        });
        host.every("purge", 1h, Scope::cluster, [this](const Run& run) { purge(run); });
        host.on_change("masters", Phase::derive, [](Tx& tx, Changes changes) {
            for (const ez_change& change : changes)
                tx.changed({.resource = "greetings", .id = view(change.id)});
        });
        host.redis().subscribe("hello", [this](std::string_view, std::string_view payload) {
            log_.info("heard " + std::string(payload));
        });
    }

    ~Hello() {
        for (std::jthread& thread : late_) thread.join();
    }

private:
    Response greet(const Request& request) {
        greeted_.add();
        return Response::json({{"text", greeting_ + ", " + std::string(request.param("name"))},
                               {"caller", request.identity().name}});
    }

    void purge(const Run& run) {
        if (run.stopping()) throw Error(EZ_UNAVAILABLE, "told to stop");
        const Rows rows = db_.query("DELETE FROM greetings WHERE fence <= $1", {run.fence()});
        log_.info("purged " + std::to_string(rows.affected()));
    }

    Host& host_;
    Db db_;
    Log log_;
    std::string greeting_;
    Counter greeted_;
    std::vector<std::jthread> late_;
};

EZ_PLUGIN(Hello, .name = "hello", .version = "1.0.0", .settings = kSettings);

TEST(FakeHost, CallsARouteByMethodAndPath) {
    FakeHost host(Json{{"greeting", "Salve"}});
    host.start(ezapi_plugin_v1);

    const fake::HttpReply reply = host.http.call({"GET", "/hello/ada%20l"});

    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.json()["text"], "Salve, ada l");
    EXPECT_EQ(reply.json()["caller"], "admin");
    EXPECT_EQ(host.metrics.value("hello_greeted_total{kind=\"api\"}"), 1);
}

TEST(FakeHost, FillsSettingsFromTheSchema) {
    FakeHost host;
    host.start(ezapi_plugin_v1);
    EXPECT_EQ(host.http.call({"GET", "/hello/ada"}).json()["text"], "Hello, ada");
}

TEST(FakeHost, PrefersTheRouteWithoutParameters) {
    FakeHost host;
    host.start(ezapi_plugin_v1);
    EXPECT_EQ(host.http.call({"GET", "/hello/world"}).json()["text"], "Hello, all");
}

TEST(FakeHost, RefusesLikeTheRealOne) {
    FakeHost host;
    host.start(ezapi_plugin_v1);
    EXPECT_EQ(host.http.call({"GET", "/nowhere"}).status, 404);
    EXPECT_EQ(host.http.call({"POST", "/hello/ada"}).status, 405);
    EXPECT_EQ(host.http.call({"GET", "/hello/ada?loud=true"}).status, 200);
    EXPECT_EQ(host.http.call({"GET", "/hello/ada?lang=en"}).status, 400);
    EXPECT_EQ(host.http.call({"GET", "/hello/ada?loud=true&loud=true"}).status, 400);
    const fake::HttpReply denied = host.http.call({"POST", "/fail"});
    EXPECT_EQ(denied.status, 403);
    EXPECT_EQ(denied.json()["detail"], "not today");
    EXPECT_EQ(host.db.count("ROLLBACK"), 1U);
}

TEST(FakeHost, ARouteWithoutATransactionRefusesAnIdempotencyKey) {
    FakeHost host;
    host.start(ezapi_plugin_v1);
    EXPECT_EQ(host.http.call({"POST", "/wave"}).status, 204);
    const auto refused = host.http.call({"POST", "/wave", "", {{"Idempotency-Key", "w-1"}}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.json()["code"], "idempotency_key");
    EXPECT_EQ(host.http.call({"GET", "/hello/world", "", {{"Idempotency-Key", "w-1"}}}).status,
              200);
}

TEST(FakeHost, WaitsForAnAnswerFromAnotherThread) {
    FakeHost host;
    host.start(ezapi_plugin_v1);
    EXPECT_EQ(host.http.call({"POST", "/later"}).json()["late"], true);
}

TEST(FakeHost, RunsJobsByName) {
    FakeHost host;
    host.db.answer = [](const fake::Statement&) { return fake::Answer{.affected = 7}; };
    host.start(ezapi_plugin_v1);
    host.jobs.fence = 4;

    host.jobs.run("purge");

    EXPECT_TRUE(host.log.contains("purged 7"));
    EXPECT_EQ(host.db.statements().at(0).params, (std::vector<fake::Cell>{"4"}));
    EXPECT_EQ(host.jobs.at("purge").scope, EZ_JOB_CLUSTER);
    EXPECT_EQ(host.jobs.at("purge").period_ms, 3'600'000U);
    host.jobs.stopping = true;
    EXPECT_THROW(host.jobs.run("purge"), Error);
    EXPECT_THROW(host.jobs.run("other"), Error);
}

TEST(FakeHost, RunsSubscribersUntilNothingNewAppears) {
    FakeHost host;
    host.start(ezapi_plugin_v1);

    host.changes.commit({{EZ_UPDATED, "masters", "3"}});

    const auto changes = host.db.changes();
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[1].resource, "greetings");
    EXPECT_EQ(changes[1].id, "3");
}

TEST(FakeHost, DeliversMessagesOfRedis) {
    FakeHost host;
    host.start(ezapi_plugin_v1);
    host.redis.publish("hello", "you");
    EXPECT_TRUE(host.log.contains("heard you"));
}

TEST(FakeHost, PoisonsATransactionAfterAFailure) {
    FakeHost host;
    bool fail = true;
    host.db.answer = [&](const fake::Statement&) -> fake::Answer {
        if (fail) throw Error(EZ_CONFLICT, "taken").with_sqlstate("23505");
        return {};
    };
    Tx tx = Db(host.abi()).begin();
    EXPECT_THROW(tx.query("INSERT"), Error);
    fail = false;
    EXPECT_THROW(tx.query("SELECT 1"), Error);
    EXPECT_THROW(tx.commit(), Error);
    EXPECT_EQ(host.db.count("COMMIT"), 0U);
}

TEST(FakeHost, SaysWhyAPluginDidNotStart) {
    struct Broken {
        explicit Broken(Host&) { throw Error(EZ_INVALID, "no greeting"); }
    };

    FakeHost host;
    EXPECT_THROW(host.start<Broken>(), Error);
}

TEST(FakeHost, OffersServicesAndDoublesOfThem) {
    struct Table {
        std::uint32_t size;
        ez_status (*half)(void*, std::int64_t, std::int64_t*, ez_error*) noexcept;
    };

    static constexpr Table kTable = {
        sizeof(Table),
        [](void*, std::int64_t value, std::int64_t* out, ez_error*) noexcept -> ez_status {
            *out = value / 2;
            return EZ_OK;
        }};
    FakeHost host;
    host.services.provide("half/1", kTable, nullptr);
    const Host api(host.abi());

    std::int64_t half = 0;
    api.find<Table>("half/1").call<&Table::half>(8, &half);

    EXPECT_EQ(half, 4);
    EXPECT_FALSE(api.find_optional<Table>("none/1"));
    EXPECT_THROW((void)api.find<Table>("none/1"), Error);
}

}  // namespace
}  // namespace ezapi
