#include "host/http/wire/connections.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

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

}  // namespace

Connections::Connections(ConnectionsOptions options,
                         std::shared_ptr<Front> front,
                         std::shared_ptr<Observer> observer)
    : options_(std::move(options)),
      front_(std::move(front)),
      observer_(std::move(observer)),
      budget_(std::make_shared<Budget>(options_.max_buffered_bytes)) {}

void Connections::start() {
    fit_descriptors();
    slow_writer_ = std::make_unique<SlowWriter>();
    clock_ = std::thread([this] { watch_clock(); });
    const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    listener_ = std::make_unique<Listener>(
        options_.address,
        options_.port,
        options_.io_threads > 0 ? options_.io_threads : processors,
        [this](int descriptor, const std::string& ip) { return accept(descriptor, ip); });
    port_ = listener_->port();
}

void Connections::stop_accepting() noexcept {
    ending_ = true;
    if (listener_) listener_->stop_accepting();
}

bool Connections::drain(Clock::time_point deadline) {
    const auto settled = std::min(deadline, Clock::now() + kSettling);
    return wait_until(deadline, [&] {
        if (Clock::now() < settled) return false;
        if (observer_->in_flight() > 0) return false;
        const auto connections = alive();
        return std::none_of(connections.begin(), connections.end(), [](const auto& connection) {
            return connection->open();
        });
    });
}

void Connections::close_all() {
    stopped_ = true;
    for (const auto& connection : alive()) connection->cut();
    // Pistache's threads close their descriptor of each connection when they see its end, so they
    // must still run.
    if (listener_)
        wait_until(Clock::now() + std::chrono::seconds(1), [this] {
            return connections_.load() <=
                   static_cast<size_t>(std::max<int64_t>(0, observer_->in_flight()));
        });
    listener_.reset();
}

void Connections::stop() {
    if (slow_writer_) slow_writer_->stop();
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (clock_.joinable()) clock_.join();
}

size_t Connections::slow_writes() const {
    return slow_writer_ ? slow_writer_->waiting() : 0;
}

void Connections::hand_to_drain(const ConnectionPtr& connection) {
    slow_writer_->take(connection);
}

void Connections::forget(const Client& client) noexcept {
    --connections_;
    clients_.leave(client);
}

std::shared_ptr<Client> Connections::enter(const std::string& client_ip) {
    const size_t half = std::max<size_t>(1, options_.max_connections / 2);
    const size_t most =
        options_.max_connections_per_client > 0 ? options_.max_connections_per_client : half;
    return clients_.enter(client_ip, !options_.is_proxy(client_ip), most);
}

ConnectionPtr Connections::accept(int descriptor, const std::string& client_ip) {
    if (connections_.load() >= options_.max_connections || stopped_.load()) {
        observer_->refused("connection_cap");
        turn_away(descriptor);
        return nullptr;
    }
    ConnectionPtr connection;
    std::shared_ptr<Client> client;
    try {
        client = enter(client_ip);
        if (!client) {
            observer_->refused("client_connection_cap");
            turn_away(descriptor);
            return nullptr;
        }
        ++connections_;
        connection = std::make_shared<Connection>(descriptor,
                                                  client_ip,
                                                  front_,
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

std::vector<ConnectionPtr> Connections::alive() {
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

void Connections::watch_clock() {
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

/// Each connection takes two descriptors. Without free descriptors Pistache's accept thread would
/// spin, so the connection cap stays below the process's limit.
void Connections::fit_descriptors() {
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

}  // namespace ezapi::host::http
