// The connections of one pool. Connects outside its lock and serves waiting threads in order of
// arrival. Connections are dropped, not reconnected, when they are broken, older than the last
// loss, too old, or still inside a transaction.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/error.hpp"
#include "host/db/connection.hpp"
#include "host/db/pools.hpp"

namespace ezapi::host::db {

class PoolMetrics;

class Pool {
public:
    Pool(std::string name,
         const PoolOptions& options,
         const std::string& application_name,
         std::shared_ptr<SideThread> canceller,
         telemetry::Metrics* metrics);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Waits at most the wait limit for a connection or a free place, then connects if necessary.
    /// Throws EZ_UNAVAILABLE.
    [[nodiscard]] std::unique_ptr<Connection> acquire();

    /// Returns a connection, in any state.
    void release(std::unique_ptr<Connection> connection) noexcept;

    /// Counts an error by the class of its SQLSTATE.
    void count(const Error& error) noexcept;

    [[nodiscard]] const std::string& name() const noexcept { return settings_->pool; }

    [[nodiscard]] std::chrono::milliseconds statement_timeout() const noexcept {
        return settings_->statement_timeout;
    }

    [[nodiscard]] PoolStatus status() const;

private:
    struct Waiter;

    [[nodiscard]] std::unique_ptr<Connection> place(Clock::time_point deadline);
    [[nodiscard]] std::unique_ptr<Connection> wait_for_place(std::unique_lock<std::mutex>& lock,
                                                             Clock::time_point deadline);
    [[nodiscard]] std::unique_ptr<Connection> connect();
    [[nodiscard]] bool fit(const Connection& connection) const;
    void drop(std::unique_ptr<Connection> connection) noexcept;
    void connect_failed() noexcept;
    void free_place() noexcept;
    void fail_fast();
    [[nodiscard]] Error unreachable_lately() const;

    const PoolOptions options_;
    const std::shared_ptr<const ConnectionSettings> settings_;
    Graveyard graveyard_;
    std::unique_ptr<PoolMetrics> metrics_;
    std::atomic<bool> away_ = false;

    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> idle_;  // the most recently used at the end
    std::deque<Waiter*> waiters_;
    size_t places_ = 0;  // connections that exist or are being made
    Clock::time_point lost_at_ = Clock::time_point::min();
    Clock::time_point connect_failed_at_ = Clock::time_point::min();
    std::optional<Clock::time_point> told_exhausted_at_;
};

}  // namespace ezapi::host::db
