// The ABI's `http` table: routes of plugins and their exchanges. The opaque ez_exchange is the
// server's exchange itself. Errors are reported or logged, never thrown.
#include <utility>

#include "ezapi/error.hpp"
#include "ezapi/prefix.hpp"
#include "ezapi/str.hpp"
#include "host/api/tables.hpp"
#include "host/db/transaction.hpp"
#include "host/http/dispatch/exchange.hpp"
#include "host/http/dispatch/server.hpp"
#include "host/http/policy/idempotency.hpp"
#include "host/modules/context.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::api {

namespace {

constexpr std::string_view kKeyHeader = "idempotency-key";

/// For functions without a status: an exception is logged, and `fallback` is returned.
template <class Value, class Body>
Value guarded(Value fallback, Body&& body) noexcept {
    ez_error error{};
    Value value = fallback;
    if (guard(&error, [&] { value = body(); }) != EZ_OK) {
        telemetry::log(EZ_LOG_ERROR, "http", error.message);
    }
    return value;
}

http::RouteSpec spec_of(const ez_route& route) {
    http::RouteSpec spec;
    spec.access = route.access;
    spec.method = view(route.method);
    spec.pattern = view(route.pattern);
    spec.describe = view(route.describe);
    spec.max_body = route.max_body;
    spec.flags = route.flags;
    if (route.handler != nullptr) {
        spec.handler = [handler = route.handler, user = route.user](http::ExchangePtr exchange) {
            handler(user, exchange.release());
        };
    }
    if (route.free_user != nullptr) {
        spec.release = [release = route.free_user, user = route.user] { release(user); };
    }
    return spec;
}

ez_status route(ez_context* context, const ez_route* route, ez_error* error) noexcept {
    ez_route known{};
    bool taken_over = false;  // the server frees `user` from then on, even if it refuses
    const ez_status status = guard(error, [&] {
        known = taken(route, "route");
        if (context->host == nullptr || context->host->http == nullptr) {
            throw Error(EZ_UNAVAILABLE, "route: this host has no HTTP server");
        }
        http::RouteSpec spec = spec_of(known);
        taken_over = true;
        context->host->http->route(context->plugin, std::move(spec));
    });
    if (!taken_over && known.free_user != nullptr) known.free_user(known.user);
    return status;
}

ez_str part(const ez_exchange* exchange, int32_t which) noexcept {
    switch (which) {
        case EZ_PART_METHOD:
            return str(exchange->method());
        case EZ_PART_PATH:
            return str(exchange->path());
        case EZ_PART_PATTERN:
            return str(exchange->pattern());
        case EZ_PART_BODY:
            return str(exchange->body());
        case EZ_PART_CLIENT_IP:
            return str(exchange->client_ip());
        case EZ_PART_REQUEST_ID:
            return str(exchange->request_id());
        default:
            return ez_str{};
    }
}

ez_str param(const ez_exchange* exchange, ez_str name) noexcept {
    return str(exchange->param(view(name)));
}

int32_t header(const ez_exchange* exchange, ez_str name, ez_str* out) noexcept {
    return guarded<int32_t>(0, [&] {
        const auto value = exchange->header(view(name));
        if (!value) return 0;
        if (out != nullptr) *out = str(*value);
        return 1;
    });
}

size_t query_count(const ez_exchange* exchange) noexcept {
    return exchange->query().size();
}

ez_pair query_at(const ez_exchange* exchange, size_t index) noexcept {
    const auto& query = exchange->query();
    if (index >= query.size()) return ez_pair{};
    return {str(query[index].first), str(query[index].second)};
}

void identity(const ez_exchange* exchange, ez_identity* out) noexcept {
    give(out, exchange->caller().identity);
}

void set_header(ez_exchange* exchange, ez_str name, ez_str value) noexcept {
    guarded(0, [&] { return exchange->set_header(view(name), view(value)), 0; });
}

void finish(ez_exchange* exchange, int32_t status, ez_str body) noexcept {
    http::ExchangePtr owned(exchange);  // replies with 500 if there is no memory for the body
    guarded(0, [&] {
        std::string copy(view(body));
        owned.release()->finish(status, std::move(copy));
        return 0;
    });
}

void problem(
    ez_exchange* exchange, int32_t status, ez_str code, ez_str detail, ez_str errors) noexcept {
    http::ExchangePtr owned(exchange);
    guarded(0, [&] {
        const http::Problem problem{
            status, std::string(view(code)), std::string(view(detail)), std::string(view(errors))};
        owned.release()->problem(problem);
        return 0;
    });
}

/// Nothing for a request without an Idempotency-Key.
std::optional<http::Repetition> repetition_of(const ez_exchange& exchange) {
    const auto key = exchange.header(kKeyHeader);
    if (!key || exchange.method() != "POST") return std::nullopt;
    const auto& caller = exchange.caller();
    std::string name(http::access_name(caller.identity.kind));
    if (caller.identity.id != 0) name.append(":").append(std::to_string(caller.identity.id));
    return http::Repetition{std::move(name),
                            caller.credential,
                            exchange.method(),
                            exchange.path(),
                            *key,
                            exchange.body()};
}

ez_status replay(ez_exchange* exchange, ez_tx* tx, int32_t* replayed, ez_error* error) noexcept {
    return guard(error, [&] {
        *replayed = 0;
        const auto repetition = repetition_of(*exchange);
        if (!repetition) return;
        auto reply = http::claim_or_replay(db::from_handle(tx), *repetition);
        if (!reply) return;
        reply->set("Idempotency-Replayed", "true");
        *replayed = 1;
        exchange->finish(std::move(*reply));
    });
}

ez_status remember(
    ez_exchange* exchange, ez_tx* tx, int32_t status, ez_str body, ez_error* error) noexcept {
    return guard(error, [&] {
        const auto repetition = repetition_of(*exchange);
        if (!repetition) return;
        http::remember_answer(db::from_handle(tx),
                              *repetition,
                              {status, exchange->headers_set(), std::string(view(body))});
    });
}

}  // namespace

const ez_http_api kHttp{sizeof(ez_http_api),
                        route,
                        part,
                        param,
                        header,
                        query_count,
                        query_at,
                        identity,
                        set_header,
                        finish,
                        problem,
                        replay,
                        remember};

}  // namespace ezapi::host::api
