// The HTTP server of the host: connections, routes of plugins and of the host itself, access
// control, and the worker threads. Handlers run on a fixed number of workers; a full queue is
// answered with 503.
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

#include "host/http/dispatch/server_options.hpp"
#include "host/http/policy/access.hpp"
#include "host/http/routing/route.hpp"
#include "host/modules/registry.hpp"

namespace ezapi::host::telemetry {
class Metrics;
}

namespace ezapi::host::http {

class Connections;
class Dispatcher;
class Observer;

class Server final : public modules::Registry {
public:
    /// Throws EZ_INVALID for invalid options. `metrics` may be NULL; otherwise it must outlive the
    /// server.
    explicit Server(ServerOptions options, telemetry::Metrics* metrics = nullptr);
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Stages a route; if its owner is active, it goes live at once. Throws EZ_INVALID, or
    /// EZ_CONFLICT naming the owner of the conflicting route. Any thread.
    void route(std::string_view owner, RouteSpec spec);

    void activate(std::string_view owner) override;
    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) override;
    void discard(std::string_view owner) override;

    /// Enclose a change of plugins: routes that are retired in between get 503 until end_change(),
    /// because a client may take 404 as permanent. One change at a time.
    void begin_change();
    void end_change();

    /// Binds and serves. Throws EZ_UNAVAILABLE. Once in the life of the object.
    void start();
    [[nodiscard]] uint16_t port() const noexcept;

    /// Refuses new connections; open ones are served until their current reply.
    void stop_accepting() noexcept;
    /// Waits until every accepted request is answered and its reply sent; false: not all were by
    /// the deadline. After stop_accepting().
    bool drain(std::chrono::steady_clock::time_point deadline);
    /// Closes all connections and joins all threads. A later reply of an exchange is dropped.
    void stop();

    /// The live routes, and how many an owner has staged or live.
    [[nodiscard]] std::vector<RoutePtr> routes() const;
    /// Changes with each change of the live routes.
    [[nodiscard]] uint64_t routes_generation() const noexcept;
    [[nodiscard]] size_t route_count(std::string_view owner) const;
    [[nodiscard]] size_t connection_count() const noexcept;
    /// The memory that requests and replies hold.
    [[nodiscard]] int64_t held_bytes() const noexcept;

    [[nodiscard]] const Access& access() const noexcept;

private:
    // Shared with connections and exchanges, which may outlive this.
    std::shared_ptr<Observer> observer_;
    std::shared_ptr<Dispatcher> dispatcher_;
    std::shared_ptr<Connections> connections_;
};

}  // namespace ezapi::host::http
