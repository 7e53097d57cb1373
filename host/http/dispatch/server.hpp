// The HTTP server of the host: connections, routes of plugins and of the host itself, who may call,
// and the threads that answer. Handlers run on a bounded set of worker threads; a full queue is
// 503.
//
//     Server server(options, &metrics);
//     server.route("host", {...});
//     server.activate("host");
//     server.start();
//     ...
//     server.stop_accepting();
//     server.drain(std::chrono::steady_clock::now() + 10s);
//     server.stop();
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/http/dispatch/awaiting.hpp"
#include "host/http/policy/access.hpp"
#include "host/http/routing/route.hpp"
#include "host/http/wire/connection.hpp"
#include "host/modules/registry.hpp"

namespace ezapi::host::telemetry {
class Metrics;
}

namespace ezapi::host::http {

struct ServerOptions {
    std::string address = "0.0.0.0";
    uint16_t port = 8080;  // 0: any free one
    int io_threads = 0;    // 0: one per processor
    size_t workers = 16;
    size_t queue = 1024;
    size_t max_connections = 10'000;
    size_t max_connections_per_client = 0;             // of one address; 0: half of max_connections
    int64_t max_buffered_bytes = 256LL * 1024 * 1024;  // requests and replies of all connections
    Limits limits;
    Timeouts timeouts;
    AccessOptions access;
    AwaitDelivery await_delivery;  // empty: nobody delivers
    std::string cors_origins = "*";
    std::vector<std::string> trusted_proxies;  // networks whose X-Forwarded-For names the client
};

class Server final : public modules::Registry {
public:
    /// Throws EZ_INVALID for options that make no sense. `metrics` may be NULL, else it outlives
    /// the server.
    explicit Server(ServerOptions options, telemetry::Metrics* metrics = nullptr);
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Stages a route; one of an owner that is live goes live at once. Throws EZ_INVALID, or
    /// EZ_CONFLICT naming the owner of what is in the way. Any thread.
    void route(std::string_view owner, RouteSpec spec);

    void activate(std::string_view owner) override;
    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) override;
    void discard(std::string_view owner) override;

    /// Around a change of plugins: what is retired in between answers 503 until the end, because it
    /// may come back; whoever takes 404 for gone must not meet it meanwhile. One change at a time.
    void begin_change();
    void end_change();

    /// Binds and serves. Throws EZ_UNAVAILABLE. Once in the life of the object.
    void start();
    [[nodiscard]] uint16_t port() const noexcept;

    /// No new connection; those there are served on, each until its current reply.
    void stop_accepting() noexcept;
    /// Waits until everything accepted is answered and delivered; false: not all was by the
    /// deadline. After stop_accepting().
    bool drain(std::chrono::steady_clock::time_point deadline);
    /// Ends all connections and threads. A late answer of an exchange is dropped safely.
    void stop();

    /// The live routes, and how many an owner has staged or live.
    [[nodiscard]] std::vector<RoutePtr> routes() const;
    /// Another number after each change of the live routes.
    [[nodiscard]] uint64_t routes_generation() const noexcept;
    [[nodiscard]] size_t route_count(std::string_view owner) const;
    [[nodiscard]] size_t connection_count() const noexcept;
    /// The memory that requests and replies hold.
    [[nodiscard]] int64_t held_bytes() const noexcept;

    [[nodiscard]] const Access& access() const noexcept;

private:
    class Core;
    std::shared_ptr<Core> core_;  // shared with connections and exchanges, which may outlive this
};

}  // namespace ezapi::host::http
