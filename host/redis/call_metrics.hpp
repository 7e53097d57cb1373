// The time series of the calls to Redis. Does nothing without a registry.
#pragma once

#include <chrono>

#include "ezapi/abi.h"
#include "host/telemetry/metrics.hpp"

namespace ezapi::host::redis {

class CallMetrics {
public:
    explicit CallMetrics(telemetry::Metrics* registry);

    void called(ez_status status, std::chrono::steady_clock::duration time) noexcept;
    void connected(bool up) noexcept;

private:
    telemetry::Metric* ok_ = nullptr;
    telemetry::Metric* unavailable_ = nullptr;
    telemetry::Metric* timeout_ = nullptr;
    telemetry::Metric* seconds_ = nullptr;
    telemetry::Metric* up_ = nullptr;
};

}  // namespace ezapi::host::redis
