#include "host/http/dispatch/server.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "ezapi/error.hpp"
#include "host/http/dispatch/core.hpp"
#include "host/http/memory/out_of_memory.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestTick{250};
constexpr std::chrono::milliseconds kShortestTick{10};
constexpr std::chrono::milliseconds kPoll{5};
/// How long an accepted client may be between Pistache's accept thread and an I/O thread, where it
/// is not counted yet.
constexpr std::chrono::milliseconds kSettling{200};
constexpr rlim_t kOtherDescriptors = 512;

template <class Condition>
bool wait_until(Clock::time_point deadline, Condition&& condition) {
    while (!condition()) {
        if (Clock::now() >= deadline) return false;
        std::this_thread::sleep_for(kPoll);
    }
    return true;
}

/// A client beyond the cap gets 503, if one non-blocking write can send it.
void turn_away(int descriptor) noexcept {
    constexpr std::string_view kReply =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
        "Connection: close\r\n\r\n";
    [[maybe_unused]] const ssize_t sent =
        ::send(descriptor, kReply.data(), kReply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(descriptor, SHUT_RDWR);
    ::close(descriptor);
}

AccessOptions with_metrics(AccessOptions options, telemetry::Metrics* metrics) {
    options.metrics = metrics;
    return options;
}

}  // namespace

Server::Core::Core(ServerOptions options, telemetry::Metrics* metrics)
    : access(with_metrics(options.access, metrics)),
      observer(metrics),
      awaiting(std::make_shared<Awaiting>(options.await_delivery)),
      options_(std::move(options)),
      cors_(options_.cors_origins),
      proxies_(options_.trusted_proxies),
      budget_(std::make_shared<Budget>(options_.max_buffered_bytes)) {
    if (options_.workers == 0)
        throw Error(EZ_INVALID, "HTTP server: 0 workers, expected at least 1");
}

void Server::Core::start() {
    fit_descriptors();
    watch_figures();
    executor_ = std::make_unique<Executor>(options_.workers, options_.queue);
    slow_writer_ = std::make_unique<SlowWriter>();
    clock_ = std::thread([this] { watch_clock(); });
    const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    listener_ = std::make_unique<Listener>(
        options_.address,
        options_.port,
        options_.io_threads > 0 ? options_.io_threads : processors,
        [this](int descriptor, const std::string& ip) { return accept(descriptor, ip); });
    port = listener_->port();
}

void Server::Core::stop_accepting() noexcept {
    ending_ = true;
    if (listener_) listener_->stop_accepting();
    awaiting->close();
}

bool Server::Core::drain(Clock::time_point deadline) {
    const auto settled = std::min(deadline, Clock::now() + kSettling);
    return wait_until(deadline, [&] {
        if (Clock::now() < settled) return false;
        if (observer.in_flight() > 0) return false;
        const auto connections = alive();
        return std::none_of(connections.begin(), connections.end(), [](const auto& connection) {
            return connection->open();
        });
    });
}

void Server::Core::stop() {
    stop_accepting();
    stopped_ = true;
    for (const auto& connection : alive()) connection->cut();
    // Pistache's threads close their descriptor of each connection when they see its end, so they
    // must still run.
    if (listener_)
        wait_until(Clock::now() + std::chrono::seconds(1), [this] {
            return connections_.load() <=
                   static_cast<size_t>(std::max<int64_t>(0, observer.in_flight()));
        });
    listener_.reset();
    if (executor_) executor_->stop();
    if (slow_writer_) slow_writer_->stop();
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (clock_.joinable()) clock_.join();
}

void Server::Core::hand_to_drain(const ConnectionPtr& connection) {
    slow_writer_->take(connection);
}

void Server::Core::forget(const Client& client) noexcept {
    --connections_;
    clients_.leave(client);
}

std::shared_ptr<Client> Server::Core::enter(const std::string& client_ip) {
    const size_t half = std::max<size_t>(1, options_.max_connections / 2);
    const size_t most =
        options_.max_connections_per_client > 0 ? options_.max_connections_per_client : half;
    return clients_.enter(client_ip, !proxies_.is_proxy(client_ip), most);
}

ConnectionPtr Server::Core::accept(int descriptor, const std::string& client_ip) {
    if (connections_.load() >= options_.max_connections || stopped_.load()) {
        observer.refused("connection_cap");
        turn_away(descriptor);
        return nullptr;
    }
    ConnectionPtr connection;
    std::shared_ptr<Client> client;
    try {
        client = enter(client_ip);
        if (!client) {
            observer.refused("client_connection_cap");
            turn_away(descriptor);
            return nullptr;
        }
        ++connections_;
        connection = std::make_shared<Connection>(descriptor,
                                                  client_ip,
                                                  shared_from_this(),
                                                  Holding(budget_, client),
                                                  options_.limits,
                                                  options_.timeouts);
    } catch (const std::exception&) {
        if (client) forget(*client);
        ::close(descriptor);
        throw;
    }
    const std::lock_guard lock(mutex_);
    known_.push_back(connection);
    return connection;
}

std::vector<ConnectionPtr> Server::Core::alive() {
    std::vector<ConnectionPtr> connections;
    const std::lock_guard lock(mutex_);
    std::erase_if(known_, [&](const std::weak_ptr<Connection>& known) {
        auto connection = known.lock();
        if (!connection) return true;
        connections.push_back(std::move(connection));
        return false;
    });
    return connections;
}

void Server::Core::watch_clock() {
    const auto& limits = options_.timeouts;
    const auto shortest = std::min(
        {limits.head, limits.body, limits.idle, limits.serve, limits.write, limits.linger});
    const auto tick = std::clamp(shortest / 4, kShortestTick, kLongestTick);
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, tick, [this] { return stopping_; })) return;
        }
        try {
            const auto now = Clock::now();
            for (const auto& connection : alive()) connection->expire(now);
            heap_.tick(now);
            if (restore_reserve())
                telemetry::log(EZ_LOG_ERROR,
                               "http",
                               "memory ran out; requests may have been refused or delayed");
        } catch (const std::exception& error) {  // no memory: the next tick retries
            telemetry::log(EZ_LOG_ERROR, "http", error.what());
        }
    }
}

void Server::Core::watch_figures() {
    const auto weak = weak_from_this();
    observer.set_figures({
        [weak] {
            const auto core = weak.lock();
            return core ? core->connections_.load() : 0;
        },
        [weak] {
            const auto core = weak.lock();
            return core ? core->executor_->queued() : 0;
        },
        [weak] {
            const auto core = weak.lock();
            return core ? core->slow_writer_->waiting() : 0;
        },
        [weak] {
            const auto core = weak.lock();
            return core ? core->observer.in_flight() : 0;
        },
    });
}

/// Each connection takes two descriptors. Without free descriptors Pistache's accept thread would
/// spin, so the connection cap stays below the process's limit.
void Server::Core::fit_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const rlim_t wanted = 2 * options_.max_connections + kOtherDescriptors;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min(wanted, limit.rlim_max);
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted) return;
    const rlim_t spare = std::min(kOtherDescriptors, limit.rlim_cur / 2);
    options_.max_connections = std::max<size_t>(1, (limit.rlim_cur - spare) / 2);
    telemetry::log(EZ_LOG_WARN,
                   "http",
                   "at most " + std::to_string(options_.max_connections) +
                       " connections: they take two descriptors each, other parts " +
                       std::to_string(spare) + ", and the process may open " +
                       std::to_string(limit.rlim_cur) + " (RLIMIT_NOFILE), not " +
                       std::to_string(wanted));
}

Server::Server(ServerOptions options, telemetry::Metrics* metrics)
    : core_(std::make_shared<Core>(std::move(options), metrics)) {}

Server::~Server() {
    stop();
}

void Server::route(std::string_view owner, RouteSpec spec) {
    core_->routes.stage(owner, std::move(spec));
}

void Server::activate(std::string_view owner) {
    core_->routes.activate(owner);
}

bool Server::retire(std::string_view owner, Clock::time_point deadline) {
    core_->awaiting->let_go();
    return core_->routes.retire(owner, deadline);
}

void Server::discard(std::string_view owner) {
    core_->routes.discard(owner);
}

void Server::begin_change() {
    core_->routes.begin_change();
}

void Server::end_change() {
    core_->routes.end_change();
}

void Server::start() {
    core_->start();
}

uint16_t Server::port() const noexcept {
    return core_->port.load();
}

void Server::stop_accepting() noexcept {
    core_->stop_accepting();
}

bool Server::drain(Clock::time_point deadline) {
    return core_->drain(deadline);
}

void Server::stop() {
    core_->stop();
}

std::vector<RoutePtr> Server::routes() const {
    return core_->routes.table()->routes();
}

uint64_t Server::routes_generation() const noexcept {
    return core_->routes.generation();
}

size_t Server::route_count(std::string_view owner) const {
    return core_->routes.count(owner);
}

size_t Server::connection_count() const noexcept {
    return core_->connection_count();
}

int64_t Server::held_bytes() const noexcept {
    return core_->held_bytes();
}

const Access& Server::access() const noexcept {
    return core_->access;
}

}  // namespace ezapi::host::http
