// How the host declares a route of its own, under owner "host".
#pragma once

#include <cstdint>
#include <functional>

#include "host/http/dispatch/exchange.hpp"
#include "host/http/dispatch/server.hpp"

namespace ezapi::host::http {

struct Declared {
    int32_t access;
    const char* method;
    const char* pattern;
    const char* describe;  // as in RouteSpec
    uint32_t flags = 0;
};

/// Stages a route whose handler answers at once. None of these routes stores its answer, so a POST
/// with an Idempotency-Key is refused.
void add_host_route(Server& server, const Declared& declared, std::function<Reply(Exchange&)> body);

}  // namespace ezapi::host::http
