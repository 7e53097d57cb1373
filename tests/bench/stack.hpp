// A fresh stack for one scenario: a durable PostgreSQL (with fsync), Redis, and the server with all
// of its plugins.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/bench/load.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::bench {

class Stack {
public:
    explicit Stack(std::map<std::string, std::string> environment = {});

    [[nodiscard]] tests::Instance& instance() { return instance_; }

    [[nodiscard]] const std::string& dsn() const { return instance_.dsn(); }

    [[nodiscard]] tests::PrivateRedis& redis() { return redis_; }

    /// Starts another server on the same stores, or on the Redis behind another port.
    [[nodiscard]] std::unique_ptr<tests::Instance> beside(
        std::map<std::string, std::string> environment = {}, std::uint16_t redis_port = 0) const;

    /// Runs one statement in the server's database.
    std::string sql(const std::string& statement) { return sql_.value(statement); }

    [[nodiscard]] Target admin() const { return target(tests::kAdminToken); }

    [[nodiscard]] Target internal() const { return target(tests::kInternalToken); }

    [[nodiscard]] Target target(std::string bearer) const {
        return {.host = "127.0.0.1", .port = instance_.port(), .bearer = std::move(bearer)};
    }

    /// Resident memory of the server in MiB, and its peak.
    [[nodiscard]] double resident_mib() const { return status_mib("VmRSS:"); }

    [[nodiscard]] double peak_mib() const { return status_mib("VmHWM:"); }

private:
    [[nodiscard]] double status_mib(const std::string& field) const;

    tests::PrivatePostgres postgres_;
    tests::PrivateRedis redis_;
    tests::Instance instance_;
    tests::SqlReader sql_;
};

/// Runs a program and returns the seconds that it took. Throws with its output when it fails.
double timed(std::vector<std::string> command);

}  // namespace ezapi::bench
