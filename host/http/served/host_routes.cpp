#include "host/http/served/host_routes.hpp"

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "ezapi/error.hpp"
#include "ezapi/http.hpp"
#include "host/http/dispatch/exchange.hpp"
#include "host/http/served/declared_route.hpp"
#include "host/http/served/openapi_document.hpp"
#include "host/http/served/session_routes.hpp"
#include "host/http/served/swagger.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

using Json = nlohmann::json;
using Services = std::shared_ptr<const HostServices>;

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

constexpr const char* kDocument = R"({"operation":{"summary":"This document","tags":["host"],
"description":"Compressed when Accept-Encoding allows gzip; 304 when If-None-Match names its ETag.",
"responses":{"200":{"description":"OpenAPI 3.0","content":{"application/json":{"schema":{"type":"object"}}}},"304":{"description":"The client has it already"}}}})";

constexpr const char* kHidden =
    R"({"hidden":true,"operation":{"summary":"The interactive documentation"}})";

void add_health(Server& server, const Services& services) {
    add_host_route(server,
                   {EZ_PUBLIC, "GET", "/health/live", kLive, EZ_ROUTE_INLINE},
                   [](Exchange&) { return json_reply(R"({"status":"live"})"); });
    if (services->ready) {
        add_host_route(server,
                       {EZ_PUBLIC, "GET", "/health/ready", kReady, EZ_ROUTE_INLINE},
                       [services](Exchange&) {
                           const bool ready = services->ready();
                           Reply reply =
                               json_reply(Json{{"status", ready ? "ready" : "not ready"}}.dump(),
                                          ready ? 200 : 503);
                           if (!ready) reply.set("Retry-After", "1");
                           return reply;
                       });
    }
    if (!services->health) return;
    add_host_route(server, {EZ_PUBLIC, "GET", "/health", kHealth}, [services](Exchange&) {
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
    add_host_route(server,
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
    add_host_route(
        server, {EZ_INTERNAL_ONLY, "GET", "/internal/metrics", kMetrics}, [services](Exchange&) {
            return text_reply(services->metrics(), "text/plain; version=0.0.4; charset=utf-8");
        });
}

/// Does not throw: an operator must be able to change plugins while the database is away.
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

/// Checked before anything is recorded or done.
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
        add_host_route(server,
                       {EZ_ADMIN, "GET", "/admin/plugins", kPlugins},
                       [services](Exchange&) { return json_reply(services->plugins()); });
    }
    if (!services->change_plugin) return;
    const auto add_action = [&](const char* pattern, const char* describe, const char* action) {
        add_host_route(
            server, {EZ_ADMIN, "POST", pattern, describe}, [services, action](Exchange& exchange) {
                const std::string plugin(exchange.param("name"));
                require_confirmation(*services, exchange, plugin, action);
                if (action != std::string_view("enable")) {
                    record_action(*services, plugin, action);
                    return json_reply(services->change_plugin(plugin, action));
                }
                // Recorded afterwards, so that a plugin that keeps the audit records that it was
                // enabled.
                const Afterwards record([&] { record_action(*services, plugin, action); });
                return json_reply(services->change_plugin(plugin, action));
            });
    };
    add_action("/admin/plugins/{name}/enable", kEnable, "enable");
    add_action("/admin/plugins/{name}/disable", kDisable, "disable");
    add_action("/admin/plugins/{name}/reload", kReload, "reload");
}

Wanted wanted_of(const Exchange& exchange) {
    return {exchange.header("if-none-match"), exchange.header("accept-encoding")};
}

void add_documentation(Server& server, const Services& services) {
    add_host_route(
        server,
        {services->openapi_for_admins ? EZ_ADMIN : EZ_PUBLIC,
         "GET",
         "/swagger/openapi.json",
         kDocument},
        [&server, document = std::make_shared<OpenApiDocument>(services->version)](
            Exchange& exchange) { return document->answer(server, wanted_of(exchange)); });
    const auto swagger = std::make_shared<const Swagger>(services->swagger_folder);
    add_host_route(server, {EZ_PUBLIC, "GET", "/swagger", kHidden, EZ_ROUTE_INLINE}, [](Exchange&) {
        return Reply{308, {{"Location", "/swagger/"}}, {}};
    });
    add_host_route(server,
                   {EZ_PUBLIC, "GET", "/swagger/", kHidden, EZ_ROUTE_INLINE},
                   [swagger](Exchange& exchange) { return swagger->page(wanted_of(exchange)); });
    add_host_route(server,
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
    add_session_routes(server, shared->sessions);
    add_documentation(server, shared);
}

}  // namespace ezapi::host::http
