// The connections of the server: accepts and counts them, enforces their deadlines and the memory
// budget, and closes them at the end. What their requests mean is the Front's business.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/http/memory/budget.hpp"
#include "host/http/memory/clients.hpp"
#include "host/http/memory/heap.hpp"
#include "host/http/wire/connection.hpp"
#include "host/http/wire/listener.hpp"
#include "host/http/wire/observe.hpp"
#include "host/http/wire/slow_writer.hpp"

namespace ezapi::host::http {

struct ConnectionsOptions {
    std::string address;
    uint16_t port = 0;   // 0: any free one
    int io_threads = 0;  // 0: one per processor
    size_t max_connections = 0;
    size_t max_connections_per_client = 0;  // of one address; 0: half of max_connections
    int64_t max_buffered_bytes = 0;
    Limits limits;
    Timeouts timeouts;
    /// Whether the address is a trusted proxy, which may have any number of connections.
    std::function<bool(const std::string&)> is_proxy;
};

/// Shared with its connections, which may outlive the server.
class Connections final : public ConnectionOwner, public std::enable_shared_from_this<Connections> {
public:
    Connections(ConnectionsOptions options,
                std::shared_ptr<Front> front,
                std::shared_ptr<Observer> observer);

    /// Binds and serves. Throws EZ_UNAVAILABLE. The Front must be ready.
    void start();
    void stop_accepting() noexcept;
    /// Waits until all requests are answered and no connection is open; false: not by the deadline.
    bool drain(std::chrono::steady_clock::time_point deadline);
    /// Closes all connections and ends the I/O threads. The Front may stop after that.
    void close_all();
    /// Ends the other threads. After close_all().
    void stop();

    [[nodiscard]] uint16_t port() const noexcept { return port_.load(); }

    [[nodiscard]] size_t count() const noexcept { return connections_.load(); }

    [[nodiscard]] size_t slow_writes() const;

    [[nodiscard]] int64_t held_bytes() const noexcept { return budget_->total(); }

    // ConnectionOwner
    void hand_to_drain(const ConnectionPtr& connection) override;

    [[nodiscard]] bool ending() const noexcept override { return ending_.load(); }

    void relieve(const Connection& connection) noexcept override;
    void forget(const Client& client) noexcept override;

private:
    ConnectionPtr accept(int descriptor, const std::string& client_ip);
    [[nodiscard]] std::shared_ptr<Client> enter(const std::string& client_ip);
    [[nodiscard]] ConnectionPtr worst_for(const Connection& asker,
                                          const std::vector<ConnectionPtr>& connections) const;
    void watch_clock();
    [[nodiscard]] std::vector<ConnectionPtr> alive();
    void fit_descriptors();

    ConnectionsOptions options_;
    const std::shared_ptr<Front> front_;
    const std::shared_ptr<Observer> observer_;
    std::unique_ptr<SlowWriter> slow_writer_;
    std::unique_ptr<Listener> listener_;
    std::atomic<uint16_t> port_ = 0;
    std::atomic<bool> ending_ = false;   // shutting down: replies close their connections
    std::atomic<bool> stopped_ = false;  // new connections are refused
    std::atomic<size_t> connections_ = 0;
    Clients clients_;
    const std::shared_ptr<Budget> budget_;
    std::mutex relieving_;
    Heap heap_;  // used by the clock thread

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<std::weak_ptr<Connection>> known_;  // expired entries are removed by alive()
    bool stopping_ = false;
    std::thread clock_;
};

}  // namespace ezapi::host::http
