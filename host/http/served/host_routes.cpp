#include "host/http/served/host_routes.hpp"

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "ezapi/error.hpp"
#include "ezapi/http.hpp"
#include "ezapi/query.hpp"
#include "host/http/dispatch/exchange.hpp"
#include "host/http/policy/session_store.hpp"
#include "host/http/served/openapi_document.hpp"
#include "host/http/served/swagger.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

using Json = nlohmann::json;
using Services = std::shared_ptr<const HostServices>;
using Body = std::function<Reply(Exchange&)>;

constexpr std::string_view kOwner = "host";
constexpr int64_t kDefaultSession = 3600;
constexpr int64_t kLongestSession = 24 * 3600;

struct Declared {
    int32_t access;
    const char* method;
    const char* pattern;
    const char* describe;
    uint32_t flags = 0;
};

/// None of these routes stores its answer.
Body refusing_idempotency_key(Body body) {
    return [body = std::move(body)](Exchange& exchange) {
        if (exchange.method() == "POST" && exchange.header("idempotency-key"))
            throw no_idempotency_key();
        return body(exchange);
    };
}

void add(Server& server, const Declared& declared, Body body) {
    RouteSpec spec;
    spec.access = declared.access;
    spec.method = declared.method;
    spec.pattern = declared.pattern;
    spec.describe = declared.describe;
    spec.flags = declared.flags;
    spec.handler = answering(refusing_idempotency_key(std::move(body)));
    server.route(kOwner, std::move(spec));
}

Reply text_reply(std::string text, const char* content_type) {
    Reply reply{200, {}, std::move(text)};
    reply.set("Content-Type", content_type);
    return reply;
}

constexpr const char* kHealth =
    R"({"operation":{"summary":"Whether requests can be served, with what it depends on","tags":["host"],
"responses":{"200":{"description":"They can","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Health"}}}},
"503":{"description":"They cannot","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Health"}}}}}},
"schemas":{"Health":{"type":"object","required":["status","checks"],"properties":{"status":{"type":"string","enum":["ok","degraded","unavailable"]},
"checks":{"type":"object","additionalProperties":true}}}}})";

constexpr const char* kLive =
    R"({"operation":{"summary":"Whether the process answers","tags":["host"],
"responses":{"200":{"description":"It does","content":{"application/json":{"schema":{"$ref":"#/components/schemas/HealthState"}}}}}},
"schemas":{"HealthState":{"type":"object","required":["status"],"properties":{"status":{"type":"string"}}}}})";

constexpr const char* kReady =
    R"({"operation":{"summary":"Whether traffic should be sent here","tags":["host"],
"responses":{"200":{"description":"Yes","content":{"application/json":{"schema":{"$ref":"#/components/schemas/HealthState"}}}},
"503":{"description":"Not yet, not any more, or the database does not take changes","content":{"application/json":{"schema":{"$ref":"#/components/schemas/HealthState"}}}}}},
"schemas":{"HealthState":{"type":"object","required":["status"],"properties":{"status":{"type":"string"}}}}})";

constexpr const char* kStatus =
    R"({"operation":{"summary":"What runs here and since when","tags":["host"],
"responses":{"200":{"description":"Name, version, uptime","content":{"application/json":{"schema":{"$ref":"#/components/schemas/ServiceStatus"}}}}}},
"schemas":{"ServiceStatus":{"type":"object","required":["name","version","uptime_seconds","status"],"properties":{"name":{"type":"string"},
"version":{"type":"string"},"status":{"type":"string"},"uptime_seconds":{"type":"integer"}}}}})";

constexpr const char* kMetrics =
    R"({"operation":{"summary":"Metrics for Prometheus","tags":["host"],
"responses":{"200":{"description":"Text format 0.0.4","content":{"text/plain":{"schema":{"type":"string"}}}}}}})";

constexpr const char* kPlugins =
    R"({"operation":{"summary":"The plugins and their state","tags":["host"],
"responses":{"200":{"description":"All that are known","content":{"application/json":{"schema":{"$ref":"#/components/schemas/PluginList"}}}}}},
"schemas":{"Plugin":{"type":"object","required":["name","state"],"properties":{"name":{"type":"string"},"version":{"type":"string","nullable":true},
"abi":{"type":"string","nullable":true},"state":{"type":"string","enum":["running","disabled","failed","stopping"]},"error":{"type":"string","nullable":true},"routes":{"type":"integer"},
"jobs":{"type":"array","items":{"type":"object","additionalProperties":true}},"file":{"type":"string","nullable":true},"depends_on":{"type":"array","items":{"type":"string"}}}},
"PluginList":{"type":"object","required":["data"],"properties":{"data":{"type":"array","items":{"$ref":"#/components/schemas/Plugin"}}}}}})";

constexpr const char* kEnable =
    R"({"operation":{"summary":"Starts a plugin and what depends on it","tags":["host"],
"description":"No answer is stored, so that Idempotency-Key is refused (400).",
"responses":{"200":{"description":"Its state","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Plugin"}}}}}}})";

constexpr const char* kDisable =
    R"({"operation":{"summary":"Stops a plugin and what depends on it","tags":["host"],
"description":"When that stops the plugin that keeps the operation log, `?confirm=audit` is required (409 `confirmation_required` without it): changes made without it are a gap that `GET /admin/operation-logs/verify` names. No answer is stored, so that Idempotency-Key is refused (400).",
"parameters":[{"name":"confirm","in":"query","schema":{"type":"string","enum":["audit"]},"description":"Confirms that the operation log is to stop"}],
"responses":{"200":{"description":"Its state","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Plugin"}}}}}}})";

constexpr const char* kReload =
    R"({"operation":{"summary":"Stops a plugin and starts it with the settings of now","tags":["host"],
"description":"No answer is stored, so that Idempotency-Key is refused (400).",
"responses":{"200":{"description":"Its state","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Plugin"}}}}}}})";

constexpr const char* kSessions =
    R"({"operation":{"summary":"Trades the admin token for a session token","tags":["host"],
"description":"The token is stored nowhere, so that Idempotency-Key is refused (400). The session is listed and can be revoked by its id.",
"requestBody":{"required":false,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/AdminSessionRequest"}}}},
"responses":{"201":{"description":"The token, shown once","content":{"application/json":{"schema":{"$ref":"#/components/schemas/AdminSession"}}}}}},
"schemas":{"AdminSessionRequest":{"type":"object","properties":{"scope":{"type":"string","enum":["read","write"],"default":"write"},
"ttl_seconds":{"type":"integer","minimum":1,"maximum":86400,"default":3600}}},
"AdminSession":{"type":"object","required":["id","token","scope","expires_at"],"properties":{"id":{"type":"string"},"token":{"type":"string"},"scope":{"type":"string"},
"expires_at":{"type":"string","format":"date-time"}}}}})";

constexpr const char* kSessionList =
    R"({"operation":{"summary":"Lists the sessions that are open, newest first","tags":["host"],
"parameters":[{"name":"limit","in":"query","description":"Rows of a page","schema":{"type":"integer","minimum":1,"maximum":500,"default":50}},
{"name":"cursor","in":"query","description":"next_cursor of the page before","schema":{"type":"string"}}],
"responses":{"200":{"description":"A page of them","content":{"application/json":{"schema":{"$ref":"#/components/schemas/OpenSessionList"}}}}}},
"schemas":{"OpenSession":{"type":"object","required":["id","scope","client_ip","created_at","expires_at"],"properties":{"id":{"type":"string"},
"scope":{"type":"string","enum":["read","write"]},"client_ip":{"type":"string","nullable":true,"description":"That it was opened from"},
"created_at":{"type":"string","format":"date-time"},"expires_at":{"type":"string","format":"date-time"}}},
"OpenSessionList":{"type":"object","required":["data","next_cursor"],"properties":{"data":{"type":"array","items":{"$ref":"#/components/schemas/OpenSession"}},
"next_cursor":{"type":"string","nullable":true}}}}})";

constexpr const char* kSessionRevoke =
    R"({"operation":{"summary":"Revokes a session","tags":["host"],
"description":"At once in the process that answers, within seconds in the others. Its own session may be revoked, too.",
"responses":{"204":{"description":"It is not accepted any more"}}}})";

constexpr const char* kDocument = R"({"operation":{"summary":"This document","tags":["host"],
"description":"Compressed when Accept-Encoding allows gzip; 304 when If-None-Match names its ETag.",
"responses":{"200":{"description":"OpenAPI 3.0","content":{"application/json":{"schema":{"type":"object"}}}},"304":{"description":"The client has it already"}}}})";

constexpr const char* kHidden =
    R"({"hidden":true,"operation":{"summary":"The interactive documentation"}})";

void add_health(Server& server, const Services& services) {
    add(server, {EZ_PUBLIC, "GET", "/health/live", kLive, EZ_ROUTE_INLINE}, [](Exchange&) {
        return json_reply(R"({"status":"live"})");
    });
    if (services->ready) {
        add(server,
            {EZ_PUBLIC, "GET", "/health/ready", kReady, EZ_ROUTE_INLINE},
            [services](Exchange&) {
                const bool ready = services->ready();
                Reply reply = json_reply(Json{{"status", ready ? "ready" : "not ready"}}.dump(),
                                         ready ? 200 : 503);
                if (!ready) reply.set("Retry-After", "1");
                return reply;
            });
    }
    if (!services->health) return;
    add(server, {EZ_PUBLIC, "GET", "/health", kHealth}, [services](Exchange&) {
        const Health health = services->health();
        const Json checks = Json::parse(health.checks);
        bool all_well = true;
        for (const auto& check : checks) {
            const auto* state = &check;
            if (check.is_object() && check.contains("status")) state = &check["status"];
            all_well = all_well && (*state == "ok" || *state == true || *state == "disabled");
        }
        const char* status = !health.serving ? "unavailable" : all_well ? "ok" : "degraded";
        Reply reply = json_reply(Json{{"status", status}, {"checks", checks}}.dump(),
                                 health.serving ? 200 : 503);
        if (!health.serving) reply.set("Retry-After", "1");
        return reply;
    });
}

void add_status(Server& server, const Services& services) {
    const auto begin = std::chrono::steady_clock::now();
    add(server,
        {EZ_PUBLIC, "GET", "/api/status/test", kStatus, EZ_ROUTE_INLINE},
        [services, begin](Exchange&) {
            const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(
                std::chrono::steady_clock::now() - begin);
            return json_reply(Json{
                {"name", services->name},
                {"version", services->version},
                {"status", "ok"},
                {"uptime_seconds",
                 uptime.count()}}.dump());
        });
    if (!services->metrics) return;
    add(server, {EZ_INTERNAL_ONLY, "GET", "/internal/metrics", kMetrics}, [services](Exchange&) {
        return text_reply(services->metrics(), "text/plain; version=0.0.4; charset=utf-8");
    });
}

/// While the database is away an operator may need it all the more.
void record_action(const HostServices& services,
                   const std::string& plugin,
                   const std::string& action) {
    if (!services.record) return;
    ez_error error{};
    const ez_status status = guard(&error, [&] {
        services.record(EZ_UPDATED, "plugins", plugin, Json{{"action", action}}.dump());
    });
    if (status == EZ_OK) return;
    telemetry::log(
        EZ_LOG_WARN,
        "http",
        action + " of plugin '" + plugin + "' is not in the operation log: " + error.message);
}

/// Calls a function that does not throw, at the end of a block.
class Afterwards {
public:
    explicit Afterwards(std::function<void()> call) : call_(std::move(call)) {}

    ~Afterwards() { call_(); }

    Afterwards(const Afterwards&) = delete;
    Afterwards& operator=(const Afterwards&) = delete;

private:
    std::function<void()> call_;
};

/// Judged before anything is recorded or done.
void require_confirmation(const HostServices& services,
                          const Exchange& exchange,
                          const std::string& plugin,
                          const std::string& action) {
    if (!services.confirmation) return;
    const std::string word = services.confirmation(plugin, action);
    if (word.empty()) return;
    for (const auto& [name, value] : exchange.query()) {
        if (name == "confirm" && value == word) return;
    }
    throw Error(EZ_CONFLICT,
                "plugin '" + plugin + "': " + action + " stops the plugin that keeps the " + word +
                    "; changes made without it are a gap in the operation log. Repeat the request "
                    "with ?confirm=" +
                    word)
        .with_code("confirmation_required");
}

void add_plugins(Server& server, const Services& services) {
    if (services->plugins) {
        add(server, {EZ_ADMIN, "GET", "/admin/plugins", kPlugins}, [services](Exchange&) {
            return json_reply(services->plugins());
        });
    }
    if (!services->change_plugin) return;
    const auto add_action = [&](const char* pattern, const char* describe, const char* action) {
        add(server, {EZ_ADMIN, "POST", pattern, describe}, [services, action](Exchange& exchange) {
            const std::string plugin(exchange.param("name"));
            require_confirmation(*services, exchange, plugin, action);
            if (action != std::string_view("enable")) {
                record_action(*services, plugin, action);
                return json_reply(services->change_plugin(plugin, action));
            }
            // Afterwards, so that the plugin that keeps the audit sees that it was enabled.
            const Afterwards record([&] { record_action(*services, plugin, action); });
            return json_reply(services->change_plugin(plugin, action));
        });
    };
    add_action("/admin/plugins/{name}/enable", kEnable, "enable");
    add_action("/admin/plugins/{name}/disable", kDisable, "disable");
    add_action("/admin/plugins/{name}/reload", kReload, "reload");
}

std::string rfc3339(int64_t unix_seconds) {
    const std::time_t time = unix_seconds;
    std::tm utc{};
    gmtime_r(&time, &utc);
    char text[32];
    const size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &utc);
    return {text, size};
}

struct SessionRequest {
    std::string scope = "write";
    int64_t ttl_seconds = kDefaultSession;
};

/// Without a body: a session as it is by default.
SessionRequest session_request_of(const Exchange& exchange) {
    SessionRequest request;
    if (exchange.body().empty()) return request;
    require_json(exchange.header("content-type"));
    const Json document = parse_json(exchange.body());
    if (!document.is_object()) throw no_object(document.type_name());
    Faults faults;
    for (const auto& [name, value] : document.items()) {
        if (name == "scope") {
            if (!value.is_string()) {
                faults.add(name, "type", std::string("expected text, found ") + value.type_name());
            } else if (value != "read" && value != "write") {
                faults.add(name,
                           "choice",
                           "expected one of read, write, found \"" +
                               shortened(value.get<std::string>()) + "\"");
            } else {
                request.scope = value.get<std::string>();
            }
        } else if (name == "ttl_seconds") {
            if (!value.is_number_integer()) {
                faults.add(
                    name, "type", std::string("expected an integer, found ") + value.type_name());
            } else if (value < 1 || value > kLongestSession) {
                faults.add(
                    name,
                    "range",
                    "expected 1 to " + std::to_string(kLongestSession) + ", found " + value.dump());
            } else {
                request.ttl_seconds = value.get<int64_t>();
            }
        } else {
            faults.add(shortened(name), "unknown", "no such field; known: scope, ttl_seconds");
        }
    }
    faults.raise();
    return request;
}

/// The page that the query asks for.
Reply list(SessionStore& sessions, const Exchange& exchange) {
    size_t limit = SessionStore::kPage;
    std::optional<int64_t> before;
    for (const auto& [name, value] : exchange.query()) {
        if (name == "limit") {
            limit = static_cast<size_t>(query_integer(name, value, 1, SessionStore::kLongestPage));
        } else if (name == "cursor") {
            const auto id = decimal(value);
            if (!id || *id < 1 || *id > INT64_MAX)
                throw bad_query(name, "not one that this list has handed out");
            before = static_cast<int64_t>(*id);
        }
    }
    return json_reply(sessions.page(limit, before));
}

void add_sessions(Server& server, const Services& services) {
    add(server,
        {EZ_ADMIN, "POST", "/admin/sessions", kSessions},
        [&server, services](Exchange& exchange) {
            if (exchange.caller().by_session) {
                throw Error(EZ_DENIED,
                            "a session cannot open another one: the admin token is needed");
            }
            const SessionRequest request = session_request_of(exchange);
            const OpenedSession session =
                server.access().open_session(request.scope, request.ttl_seconds);
            if (services->sessions != nullptr)
                services->sessions->opened(session, exchange.client_ip());
            const Json answer{{"id", session.id},
                              {"scope", session.scope},
                              {"expires_at", rfc3339(session.expires)},
                              {"token", session.token}};
            return json_reply(answer.dump(), 201);
        });
    if (services->sessions == nullptr) return;
    add(server,
        {EZ_ADMIN, "GET", "/admin/sessions", kSessionList},
        [sessions = services->sessions](Exchange& exchange) { return list(*sessions, exchange); });
    add(server,
        {EZ_ADMIN, "DELETE", "/admin/sessions/{id}", kSessionRevoke},
        [sessions = services->sessions](Exchange& exchange) {
            const std::string id(exchange.param("id"));
            if (id.find('\0') != std::string::npos || !sessions->revoke(id))
                throw Error(EZ_NOT_FOUND, "session '" + shortened(id) + "': no such session");
            return Reply{204, {}, {}};
        });
}

Wanted wanted_of(const Exchange& exchange) {
    return {exchange.header("if-none-match"), exchange.header("accept-encoding")};
}

void add_documentation(Server& server, const Services& services) {
    add(server,
        {services->openapi_for_admins ? EZ_ADMIN : EZ_PUBLIC,
         "GET",
         "/swagger/openapi.json",
         kDocument},
        [&server, document = std::make_shared<OpenApiDocument>(services->version)](
            Exchange& exchange) { return document->answer(server, wanted_of(exchange)); });
    const auto swagger = std::make_shared<const Swagger>(services->swagger_folder);
    add(server, {EZ_PUBLIC, "GET", "/swagger", kHidden, EZ_ROUTE_INLINE}, [](Exchange&) {
        return Reply{308, {{"Location", "/swagger/"}}, {}};
    });
    add(server,
        {EZ_PUBLIC, "GET", "/swagger/", kHidden, EZ_ROUTE_INLINE},
        [swagger](Exchange& exchange) { return swagger->page(wanted_of(exchange)); });
    add(server,
        {EZ_PUBLIC, "GET", "/swagger/{file}", kHidden, EZ_ROUTE_INLINE},
        [swagger](Exchange& exchange) {
            return swagger->file(exchange.param("file"), wanted_of(exchange));
        });
}

}  // namespace

void add_host_routes(Server& server, HostServices services) {
    const auto shared = std::make_shared<const HostServices>(std::move(services));
    add_health(server, shared);
    add_status(server, shared);
    add_plugins(server, shared);
    add_sessions(server, shared);
    add_documentation(server, shared);
}

}  // namespace ezapi::host::http
