#include "host/redis/call_metrics.hpp"

namespace ezapi::host::redis {

CallMetrics::CallMetrics(telemetry::Metrics* registry) {
    if (registry == nullptr) return;
    const auto calls = [registry](const char* result) {
        return &registry->counter("ezapi_redis_calls_total",
                                  "Commands and pipelines by their outcome.",
                                  {{"result", result}});
    };
    ok_ = calls("ok");
    unavailable_ = calls("unavailable");
    timeout_ = calls("timeout");
    seconds_ = &registry->histogram("ezapi_redis_call_seconds",
                                    "Time of commands and pipelines that were answered.");
    up_ = &registry->gauge("ezapi_redis_up", "1 while the last call to Redis was answered.");
}

void CallMetrics::called(ez_status status, std::chrono::steady_clock::duration time) noexcept {
    if (ok_ == nullptr) return;
    if (status == EZ_OK) {
        ok_->record(1);
        seconds_->record(std::chrono::duration<double>(time).count());
    } else {
        (status == EZ_TIMEOUT ? timeout_ : unavailable_)->record(1);
    }
}

void CallMetrics::connected(bool up) noexcept {
    if (up_ != nullptr) up_->record(up ? 1 : 0);
}

}  // namespace ezapi::host::redis
