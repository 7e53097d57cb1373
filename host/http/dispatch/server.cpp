#include "host/http/dispatch/server.hpp"

#include <utility>

#include "host/http/dispatch/dispatcher.hpp"
#include "host/http/wire/connections.hpp"
#include "host/http/wire/observe.hpp"

namespace ezapi::host::http {

namespace {

ConnectionsOptions connections_options(const ServerOptions& options, const Proxies& proxies) {
    return {options.address,
            options.port,
            options.io_threads,
            options.max_connections,
            options.max_connections_per_client,
            options.max_buffered_bytes,
            options.limits,
            options.timeouts,
            [proxies](const std::string& address) { return proxies.is_proxy(address); }};
}

/// The metrics outlive the server, so they hold weak pointers.
void watch_figures(const std::shared_ptr<Observer>& observer,
                   const std::shared_ptr<Dispatcher>& dispatcher,
                   const std::shared_ptr<Connections>& connections) {
    observer->set_figures({
        [weak = std::weak_ptr(connections)] {
            const auto known = weak.lock();
            return known ? known->count() : 0;
        },
        [weak = std::weak_ptr(dispatcher)] {
            const auto known = weak.lock();
            return known ? known->queued() : 0;
        },
        [weak = std::weak_ptr(connections)] {
            const auto known = weak.lock();
            return known ? known->slow_writes() : 0;
        },
        [weak = std::weak_ptr(observer)] {
            const auto known = weak.lock();
            return known ? known->in_flight() : 0;
        },
    });
}

}  // namespace

Server::Server(ServerOptions options, telemetry::Metrics* metrics)
    : observer_(std::make_shared<Observer>(metrics)),
      dispatcher_(std::make_shared<Dispatcher>(options, metrics, observer_)),
      connections_(std::make_shared<Connections>(
          connections_options(options, dispatcher_->proxies()), dispatcher_, observer_)) {}

Server::~Server() {
    stop();
}

void Server::route(std::string_view owner, RouteSpec spec) {
    dispatcher_->routes.stage(owner, std::move(spec));
}

void Server::activate(std::string_view owner) {
    dispatcher_->routes.activate(owner);
}

bool Server::retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) {
    dispatcher_->awaiting->let_go();
    return dispatcher_->routes.retire(owner, deadline);
}

void Server::discard(std::string_view owner) {
    dispatcher_->routes.discard(owner);
}

void Server::begin_change() {
    dispatcher_->routes.begin_change();
}

void Server::end_change() {
    dispatcher_->routes.end_change();
}

void Server::start() {
    watch_figures(observer_, dispatcher_, connections_);
    dispatcher_->start();
    connections_->start();
}

uint16_t Server::port() const noexcept {
    return connections_->port();
}

void Server::stop_accepting() noexcept {
    connections_->stop_accepting();
    dispatcher_->awaiting->close();
}

bool Server::drain(std::chrono::steady_clock::time_point deadline) {
    return connections_->drain(deadline);
}

void Server::stop() {
    stop_accepting();
    connections_->close_all();
    dispatcher_->stop();
    connections_->stop();
}

std::vector<RoutePtr> Server::routes() const {
    return dispatcher_->routes.table()->routes();
}

uint64_t Server::routes_generation() const noexcept {
    return dispatcher_->routes.generation();
}

size_t Server::route_count(std::string_view owner) const {
    return dispatcher_->routes.count(owner);
}

size_t Server::connection_count() const noexcept {
    return connections_->count();
}

int64_t Server::held_bytes() const noexcept {
    return connections_->held_bytes();
}

const Access& Server::access() const noexcept {
    return dispatcher_->access;
}

}  // namespace ezapi::host::http
