// The options of the HTTP server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/http/dispatch/awaiting.hpp"
#include "host/http/policy/access.hpp"
#include "host/http/wire/connection.hpp"

namespace ezapi::host::http {

struct ServerOptions {
    std::string address = "0.0.0.0";
    uint16_t port = 8080;  // 0: any free one
    int io_threads = 0;    // 0: one per processor
    size_t workers = 16;
    size_t queue = 1024;
    size_t max_connections = 10'000;
    size_t max_connections_per_client = 0;             // of one address; 0: half of max_connections
    int64_t max_buffered_bytes = 256LL * 1024 * 1024;  // requests and replies, in all
    Limits limits;
    Timeouts timeouts;
    AccessOptions access;
    AwaitDelivery await_delivery;  // empty: there is no delivery to wait for
    std::string cors_origins = "*";
    std::vector<std::string> trusted_proxies;  // networks whose X-Forwarded-For names the client
};

}  // namespace ezapi::host::http
