// The examples of the SDK's headers, to check that they compile; tests/tree/examples.py compares
// them with the headers. Most are not run.
#include <gtest/gtest.h>

#include "ezapi/base/crypto.hpp"
#include "ezapi/base/hex.hpp"
#include "ezapi/base/pg_array.hpp"
#include "ezapi/credential.hpp"
#include "ezapi/decimal.hpp"
#include "ezapi/escape.hpp"
#include "ezapi/fake_host.hpp"
#include "ezapi/masked.hpp"
#include "ezapi/network.hpp"
#include "ezapi/plugin.hpp"
#include "ezapi/prefix.hpp"
#include "ezapi/range.hpp"
#include "ezapi/resource.hpp"
#include "ezapi/services/keys.hpp"
#include "ezapi/services/masters.hpp"
#include "ezapi/services/namespaces.hpp"
#include "ezapi/services/provider-groups.hpp"
#include "ezapi/unicode.hpp"
#include "ezapi/url.hpp"

// The layout is that of the headers.
// clang-format off
namespace ezapi {
namespace {

using namespace std::chrono_literals;

[[maybe_unused]] void changes(Host& host) {
    // <ezapi/changes.hpp>
    host.on_change("provider-groups", Phase::derive, [](Tx& tx, Changes changes) {
        for (const ez_change& change : changes) tx.touched("config:bindings", view(change.id));
    });
    host.project(project_rows("config:namespaces", Layout::field,
                              "SELECT name, settings FROM namespaces", "name",
                              [](const Rows& rows, size_t row, ProjectionSink& sink) {
                                  sink.value(rows.text(row, 0), rows.text(row, 1));
                              }));
}

[[maybe_unused]] void credentials(Json& row, std::string_view given) {
    // <ezapi/credential.hpp>
    const std::string token = credential::issue("sk-");
    row["token_hash"] = sha256_hex(token);
    const bool possible = credential::well_formed("sk-", given);
    static_cast<void>(possible);
}

struct Database {
    Db db_;
    Redis redis_;
    Log log_;

    void query(std::int64_t id) const {
        // <ezapi/db.hpp>
        const Rows rows = db_.query("SELECT name FROM masters WHERE id = $1", {id});
        Tx tx = db_.begin();
        tx.query("UPDATE masters SET status = $2 WHERE id = $1", {id, "suspended"});
        tx.changed({.resource = "masters", .id = "7", .action = EZ_UPDATED});
        tx.commit();
    }

    void command(const std::string& key, const std::string& revision, const std::string& value) const {
        static constexpr Script kCompareAndSet{"return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"};
        // <ezapi/redis.hpp>
        redis_.command({"HSET", key, "status", "active"});
        const Reply reply = redis_.run(kCompareAndSet, {key}, {revision, value});
    }

    void line() const {
        // <ezapi/log.hpp>
        log_.warn("registry: upstream answered 500, the cached copy stays in use");
    }
};

TEST(Examples, OfErrors) {
    const auto first = [] {
        // <ezapi/error.hpp>
        throw Error(EZ_NOT_FOUND, "master 7: no such master");
    };
    const auto second = [] {
        // <ezapi/error.hpp>
        throw Error(EZ_CONFLICT, "name 'acme': already taken by master 3")
            .with_code("unique")
            .with_field("name");
    };
    const auto third = [](std::string_view text) {
        // <ezapi/escape.hpp>
        throw Error(EZ_UNAVAILABLE, "redis: expected an integer, found " + in_quotes(text));
    };
    EXPECT_THROW(first(), Error);
    EXPECT_THROW(second(), Error);
    EXPECT_THROW(third("x"), Error);
}

[[maybe_unused]] void routes(Host& host) {
    // <ezapi/http.hpp>
    host.get("/hello/{name}", Access::admin,
             Operation("Greets").path("name", text_schema()).returns(200, "Hello"),
             [](const Request& request) {
                 return Response::json({{"text", "Hello, " + std::string(request.param("name"))}});
             });
}

struct Worker {
    void purge(const Run&) {}

    void job(Host& host) {
        // <ezapi/jobs.hpp>
        host.every("purge", 1h, Scope::cluster, [this](const Run& run) { purge(run); });
    }
};

[[maybe_unused]] void body(const Request& request) {
    // <ezapi/json.hpp>
    const Json body = parse_json(request.body());
}

[[maybe_unused]] void metrics(Host& host) {
    // <ezapi/metrics.hpp>
    Counter pushed = host.metrics().counter("ezapi_sync_pushed_total", "Entities pushed to Redis");
    pushed.add();
}

[[maybe_unused]] Operation operation() {
    return
        // <ezapi/openapi.hpp>
        Operation("Lists the greetings").query("lang", text_schema()).returns(200, "GreetingList")
        ;
}

[[maybe_unused]] void feeds(Host& host, const Db& db) {
    // <ezapi/resource/feed.hpp>
    const Feed feed({.table = "operation_logs", .schema = "OperationLog",
                     .fields = fields(text("actor").filterable(), time("created_at")),
                     .range = "created_at"});
    host.get("/admin/operation-logs", Access::admin, feed.operation("Lists what was done"),
             [feed, db](const Request& request) { return feed.page(db, request); });
}

[[maybe_unused]] std::vector<Field> all_fields() {
    return fields(
        // <ezapi/resource/field.hpp>
        text("name").required().length(1, 128).filterable().sortable().searchable(),
        choice("status", {"active", "suspended"}).default_to("active").filterable(),
        time("expires_at").nullable(),
        text("token_hash").hidden(),
        text("api_key").secret()
    );
}

[[maybe_unused]] void resources(Host& host, Tx& tx, const Json& body, const Resource& flags, const Resource& keys,
                                const std::function<Within(const Request&)>& own_master) {
    // <ezapi/resource/resource.hpp>
    const Resource masters({.name = "masters", .table = "masters", .schema = "Master",
                            .fields = fields(text("name").required(), integer("max_keys")),
                            .uniques = {{"masters_name_key", {"name"}}}});
    const Record one = masters.create(tx, body);
    // <ezapi/resource/serve.hpp>
    serve(host, masters, {.path = "/admin/masters", .tag = "masters"});
    serve(host, keys, {.path = "/v1/tokens", .access = Access::master, .tag = "tokens",
                       .within = own_master, .batch = false});
    serve(host, flags, {.path = "/admin/features", .tag = "features", .by = "name"});
}

[[maybe_unused]] void services(const Host& host, Tx& tx, std::int64_t master_id) {
    // <ezapi/services/masters.hpp>
    const Masters masters(host);
    const Master owner = masters.one(tx, master_id, EZ_MASTER_SHARE);
    {
        // <ezapi/services/keys.hpp>
        const Keys keys(host);
        const std::optional<Key> key = keys.find(tx, std::int64_t{7});
    }
    // <ezapi/services/provider-groups.hpp>
    const ProviderGroups groups(host);
    const std::vector<UpstreamKey> keys = groups.keys(tx, {1, 2});
    // <ezapi/services/namespaces.hpp>
    const Namespaces namespaces(host);
    const std::set<std::string> missing = namespaces.missing(tx, {"demo"});
}

[[maybe_unused]] void watches(const Host& host) {
    // <ezapi/services/namespaces.hpp>
    const NamespaceWatch watch(host, "keys", [](Tx& tx, std::string_view name) {
        return tx.query("SELECT count(*) FROM keys WHERE namespace = $1", {name}).integer(0, 0);
    });
}

[[maybe_unused]] void arrays(const Db& db, const std::vector<std::int64_t>& ids) {
    // <ezapi/base/pg_array.hpp>
    db.query("SELECT name FROM masters WHERE id = ANY($1::bigint[])", {pg_array(ids)});
}

struct quota_v1 {
    std::uint32_t size;
    ez_status (*take)(void* self, ez_str name, std::int64_t count, std::int64_t* left, ez_error*) EZ_NOEXCEPT;
};

struct Quota {
    static constexpr quota_v1 kTable{sizeof(quota_v1), nullptr};

    void services(Host& host, const std::string& name) {
        std::int64_t left = 0;
        // <ezapi/service.hpp>
        host.publish("quota/1", kTable, this);
        const Service<quota_v1> quota = host.find<quota_v1>("quota/1");
        quota.call<&quota_v1::take>(str(name), std::int64_t{1}, &left);
    }

    static void doubles(FakeHost& host) {
        static Quota quota;
        // <ezapi/fake/services.hpp>
        host.services.provide("quota/1", kTable, &quota);
    }
};

TEST(Examples, OfValues) {
    {
        const std::vector<Timestamp> ends{
            // <ezapi/range.hpp>
            parse_range_end("2026-01-31", RangeEnd::first).value(),
            parse_range_end("2026-01-31", RangeEnd::behind).value()};
        EXPECT_EQ(format_time(ends[0]).substr(0, 10), "2026-01-31");
        EXPECT_EQ(format_time(ends[1]).substr(0, 10), "2026-02-01");
    }
    {
        // <ezapi/network.hpp>
        const std::string fault = network_fault("10.0.0.0/8");
        const auto address = Address::parse("10.1.2.3");
        const bool inside = address && address->in("10.0.0.0/8");
        EXPECT_EQ(fault, "");
        EXPECT_TRUE(inside);
    }
    {
        const std::string given = "e\xCC\x81";
        // <ezapi/unicode.hpp>
        const std::string name = composed(given);
        const std::string fault = invisible_fault(name);
        EXPECT_EQ(name, "\xC3\xA9");
        EXPECT_EQ(fault, "");
    }
    {
        const std::vector<std::string> digits{
            // <ezapi/base/hex.hpp>
            to_hex("AB")
        };
        EXPECT_EQ(digits.front(), "4142");
        const std::string key(kSha256Size, 'k');
        // <ezapi/base/crypto.hpp>
        const std::string digest = sha256_hex("abc");
        const std::string sealed = aes_gcm_seal(key, "text", "table|column|row");
        const std::optional<std::string> plain = aes_gcm_open(key, sealed, "table|column|row");
        EXPECT_EQ(plain, "text");
        EXPECT_TRUE(digest.starts_with("ba7816bf"));
    }
    {
        // <ezapi/url.hpp>
        const std::string fault = url_fault("https://api.example:8443/v1?a=b");
        const Url url = Url::parse("https://api.example:8443/v1?a=b");
        EXPECT_EQ(fault, "");
    }
    {
        const std::vector<std::string> plain{
            // <ezapi/decimal.hpp>
            Decimal("1.50e-3").plain()
        };
        const std::vector<bool> greater{
            // <ezapi/decimal.hpp>
            Decimal("0.10000000000000001").compare(0) > 0
        };
        EXPECT_EQ(plain.front(), "0.0015");
        EXPECT_TRUE(greater.front());
    }
    {
        const std::vector<std::optional<std::string>> addresses{
            // <ezapi/network.hpp>
            canonical_address("::FFFF:10.1.2.3"),
            parse_endpoint("[2001:DB8:0::7]:443")->address.text()
        };
        EXPECT_EQ(addresses, (std::vector<std::optional<std::string>>{"10.1.2.3", "2001:db8::7"}));
    }
    const std::vector<bool> all{
        // <ezapi/masked.hpp>
        looks_masked("****"), looks_masked("sk-...cdef"), looks_masked("sk-xxxx")
    };
    EXPECT_EQ(all, std::vector<bool>(3, true));
}

[[maybe_unused]] void structs(const ez_route* given, ez_identity* out, const ez_change* changes, size_t count) {
    std::vector<ez_str> ids;
    // <ezapi/prefix.hpp>
    const ez_route route = taken(given, "route");
    give(out, ez_identity{sizeof(ez_identity), EZ_ADMIN, 0, {}});
    for (const ez_change& change : Strided(changes, count)) ids.push_back(change.id);
    static_cast<void>(route);
}

// <ezapi/plugin.hpp>
class Hello {
public:
    explicit Hello(ezapi::Host& host) : db_(host.db()) {
        host.get("/hello/{name}", Access::admin,
                 Operation("Greets").path("name", text_schema()).returns(200),
                 [](const Request& request) {
                     const std::string name(request.param("name"));
                     return Response::json({{"text", "Hello, " + name}});
                 });
        host.every("purge", 1h, Scope::cluster,
                   [this](const Run&) { db_.query("DELETE FROM greetings"); });
    }

private:
    Db db_;
};
EZ_PLUGIN(Hello, .name = "hello", .version = "1.0.0", .depends_on = {"masters"});

TEST(Examples, OfAFakeHost) {
    // <ezapi/fake_host.hpp>
    FakeHost host(Json{{"greeting", "Hello"}});
    host.db.answer = [](const fake::Statement&) { return fake::Answer{.rows = {{"7"}}}; };
    host.start<Hello>();
    // <ezapi/fake_host.hpp>
    EXPECT_EQ(host.http.call({"GET", "/hello/ada"}).json()["text"], "Hello, ada");
    host.jobs.run("purge");
    EXPECT_EQ(host.db.count("DELETE FROM greetings"), 1U);
    {
        // <ezapi/fake/jobs.hpp>
        host.jobs.run("purge");
    }
    {
        // <ezapi/fake/database.hpp>
        host.db.answer = [](const fake::Statement& statement) -> fake::Answer {
            if (statement.sql.starts_with("SELECT name")) return {.rows = {{"acme"}, {"globex"}}};
            throw Error(EZ_CONFLICT, "taken").with_sqlstate("23505");
        };
    }
    {
        // <ezapi/fake/redis.hpp>
        host.redis.answer = [](const Words& words) {
            return words[0] == "GET" ? fake::RedisValue::bulk("7") : fake::RedisValue::bulk("OK");
        };
    }
}

[[maybe_unused]] void fakes(FakeHost& host) {
    // <ezapi/fake/web.hpp>
    const fake::HttpReply reply = host.http.call({"POST", "/admin/widgets", R"({"name":"a"})"});
    EXPECT_EQ(reply.status, 201);
    // <ezapi/fake/changes.hpp>
    EXPECT_EQ(host.changes.render("config:flags", {"beta"}).at("beta")->value, R"({"value":1})");
}

}  // namespace
}  // namespace ezapi
