// The time series of one pool. Does nothing without a registry.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "host/telemetry/metrics.hpp"

namespace ezapi::host::db {

class PoolMetrics {
public:
    PoolMetrics(telemetry::Metrics* registry, std::string pool);

    void waited(std::chrono::steady_clock::duration time) noexcept;
    void connected(bool success) noexcept;
    void connections(size_t idle, size_t busy, size_t waiting) noexcept;
    /// Creates the series of a class at its first error.
    void failed(std::string_view sqlstate) noexcept;

private:
    telemetry::Metrics* registry_;
    std::string pool_;
    telemetry::Metric* wait_ = nullptr;
    telemetry::Metric* connects_ = nullptr;
    telemetry::Metric* connect_failures_ = nullptr;
    telemetry::Metric* idle_ = nullptr;
    telemetry::Metric* busy_ = nullptr;
    telemetry::Metric* waiting_ = nullptr;
};

}  // namespace ezapi::host::db
