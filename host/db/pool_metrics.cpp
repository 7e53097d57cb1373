#include "host/db/pool_metrics.hpp"

#include "ezapi/error.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::db {

PoolMetrics::PoolMetrics(telemetry::Metrics* registry, std::string pool)
    : registry_(registry), pool_(std::move(pool)) {
    if (registry_ == nullptr) return;
    wait_ = &registry_->histogram(
        "ezapi_db_wait_seconds", "Time until a connection was available.", {{"pool", pool_}});
    const auto attempts = [this](const char* result) {
        return &registry_->counter("ezapi_db_connects_total",
                                   "Connections opened or tried.",
                                   {{"pool", pool_}, {"result", result}});
    };
    connects_ = attempts("ok");
    connect_failures_ = attempts("failed");
    const auto state = [this](const char* name) {
        return &registry_->gauge(
            "ezapi_db_connections", "Connections of the pool.", {{"pool", pool_}, {"state", name}});
    };
    idle_ = state("idle");
    busy_ = state("busy");
    waiting_ = &registry_->gauge(
        "ezapi_db_waiting", "Threads that wait for a connection.", {{"pool", pool_}});
}

void PoolMetrics::waited(std::chrono::steady_clock::duration time) noexcept {
    if (wait_ != nullptr) wait_->record(std::chrono::duration<double>(time).count());
}

void PoolMetrics::connected(bool success) noexcept {
    telemetry::Metric* metric = success ? connects_ : connect_failures_;
    if (metric != nullptr) metric->record(1);
}

void PoolMetrics::connections(size_t idle, size_t busy, size_t waiting) noexcept {
    if (registry_ == nullptr) return;
    idle_->record(static_cast<double>(idle));
    busy_->record(static_cast<double>(busy));
    waiting_->record(static_cast<double>(waiting));
}

void PoolMetrics::failed(std::string_view sqlstate) noexcept {
    if (registry_ == nullptr) return;
    try {
        const std::string name(sqlstate.size() < 2 ? std::string_view("none")
                                                   : sqlstate.substr(0, 2));
        registry_
            ->counter("ezapi_db_errors_total",
                      "Failed statements by class of SQLSTATE.",
                      {{"pool", pool_}, {"class", name}})
            .record(1);
    } catch (const std::exception& error) {
        telemetry::log(EZ_LOG_WARN, "db", error.what());
    }
}

}  // namespace ezapi::host::db
