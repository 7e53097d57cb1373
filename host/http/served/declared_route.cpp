#include "host/http/served/declared_route.hpp"

#include <string_view>
#include <utility>

#include "ezapi/http.hpp"

namespace ezapi::host::http {

namespace {

using Body = std::function<Reply(Exchange&)>;

constexpr std::string_view kOwner = "host";

Body refusing_idempotency_key(Body body) {
    return [body = std::move(body)](Exchange& exchange) {
        if (exchange.method() == "POST" && exchange.header("idempotency-key"))
            throw no_idempotency_key();
        return body(exchange);
    };
}

}  // namespace

void add_host_route(Server& server, const Declared& declared, Body body) {
    RouteSpec spec;
    spec.access = declared.access;
    spec.method = declared.method;
    spec.pattern = declared.pattern;
    spec.describe = declared.describe;
    spec.flags = declared.flags;
    spec.handler = answering(refusing_idempotency_key(std::move(body)));
    server.route(kOwner, std::move(spec));
}

}  // namespace ezapi::host::http
