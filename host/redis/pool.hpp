// The connections for commands. Connects outside its lock; a connection that had an error, is too
// old, or older than the last loss is dropped. Every call goes through the breaker.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "host/redis/breaker.hpp"
#include "host/redis/client.hpp"
#include "host/redis/connection.hpp"

namespace ezapi::host::redis {

class CallMetrics;

class Pool {
public:
    Pool(const Options& options, telemetry::Metrics* metrics);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// One reply per command. A zero timeout is the configured one.
    std::vector<Reply> call(std::span<const Command> commands, std::chrono::milliseconds timeout);

    [[nodiscard]] bool connected() const noexcept { return connected_; }

    /// Why Redis is unreachable, in detail; empty while it is reachable.
    [[nodiscard]] std::string last_error() const;

    [[nodiscard]] Resolver& resolver() noexcept { return resolver_; }

private:
    std::vector<Reply> attempt(std::span<const Command> commands,
                               Clock::time_point deadline,
                               Breaker::Permit& permit);
    [[nodiscard]] std::unique_ptr<Connection> acquire(Clock::time_point deadline,
                                                      Breaker::Permit& permit);
    [[nodiscard]] std::unique_ptr<Connection> take_idle(Clock::time_point deadline);
    [[nodiscard]] bool fit(Connection& connection, Clock::time_point deadline);
    [[nodiscard]] std::unique_ptr<Connection> connect(Clock::time_point deadline,
                                                      Breaker::Permit& permit);
    void give_place_back() noexcept;
    void release(std::unique_ptr<Connection> connection) noexcept;
    void drop(std::unique_ptr<Connection> connection, bool lost) noexcept;
    void judge(const std::vector<Reply>& replies, Breaker::Permit& permit);
    void away(bool begins, const std::string& why) noexcept;

    const Options options_;
    Resolver resolver_;
    Breaker breaker_;
    std::unique_ptr<CallMetrics> metrics_;
    std::atomic<bool> connected_ = false;

    mutable std::mutex mutex_;
    std::string last_error_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Connection>> idle_;  // the most recently used at the end
    size_t places_ = 0;                              // connections that exist or are being made
    Clock::time_point lost_at_ = Clock::time_point::min();
};

}  // namespace ezapi::host::redis
