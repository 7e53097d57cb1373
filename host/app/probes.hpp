// The health probes of PostgreSQL and Redis. A probe reads each time and writes rarely, because a
// server that answers reads may still refuse writes: a standby, a full disk, no memory. After a
// failure it writes each time, until a write succeeds. Each probe is used by one thread. Every step
// has a deadline, so that a hanging server is detected and does not delay the other probes.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "host/db/connection.hpp"

namespace ezapi::host::redis {
class Client;
}

namespace ezapi::host::app {

/// Decides when a probe has to write.
class WriteTurn {
public:
    using Clock = std::chrono::steady_clock;

    explicit WriteTurn(std::chrono::milliseconds period) : period_(period) {}

    [[nodiscard]] bool due() const { return !written_ || Clock::now() - at_ >= period_; }

    void begun() { written_ = false; }

    void succeeded() {
        written_ = true;
        at_ = Clock::now();
    }

private:
    std::chrono::milliseconds period_;
    Clock::time_point at_;
    bool written_ = false;
};

/// On its own connection, because an exhausted pool says nothing about the server.
class DatabaseProbe {
public:
    /// What is written: a row of ez_job_leases or, where that table does not exist, only a
    /// transaction id.
    enum class Scratch { row, transaction };

    DatabaseProbe(const std::string& name,
                  const std::string& dsn,
                  std::string instance,
                  Scratch scratch,
                  std::chrono::milliseconds write_period);

    /// Throws when the server does not work.
    void operator()();

private:
    void write();

    std::shared_ptr<db::ConnectionSettings> settings_;
    std::string instance_;
    Scratch scratch_;
    WriteTurn turn_;
    std::unique_ptr<db::Connection> connection_;
};

class RedisProbe {
public:
    RedisProbe(redis::Client& client,
               const std::string& instance,
               std::chrono::milliseconds write_period);

    /// Throws when the server does not work.
    void operator()();

private:
    void ask();

    redis::Client& client_;
    std::string key_;
    WriteTurn turn_;
};

}  // namespace ezapi::host::app
