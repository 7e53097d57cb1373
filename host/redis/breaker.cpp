#include "host/redis/breaker.hpp"

#include <algorithm>

namespace ezapi::host::redis {

Breaker::Breaker(Limits limits, std::function<double()> chance)
    : limits_(limits), chance_(std::move(chance)) {}

Breaker::Permit Breaker::enter(Time now) {
    const std::lock_guard lock(mutex_);
    if (!open_) return {this, false};
    if (probing_ || now < next_probe_) return {nullptr, false};
    probing_ = true;
    return {this, true};
}

bool Breaker::open() const {
    const std::lock_guard lock(mutex_);
    return open_;
}

/// With the lock held.
bool Breaker::fail(Time now, int weight) {
    failures_ += weight;
    if (failures_ < limits_.failures) return false;
    const bool begins = !open_;
    pause_ = begins ? limits_.probe_min : std::min(pause_ * 2, limits_.probe_max);
    open_ = true;
    // Between half and all of the pause, so that many processes do not retry in step.
    next_probe_ = now + std::chrono::duration_cast<std::chrono::milliseconds>(
                            pause_ * (0.5 + 0.5 * chance_()));
    return begins;
}

Breaker::Permit::~Permit() {
    if (breaker_ == nullptr || !probe_) return;
    const std::lock_guard lock(breaker_->mutex_);
    breaker_->probing_ = false;
}

bool Breaker::Permit::succeeded() noexcept {
    const std::lock_guard lock(breaker_->mutex_);
    breaker_->failures_ = 0;
    return std::exchange(breaker_->open_, false);
}

bool Breaker::Permit::call_failed(Time now) noexcept {
    const std::lock_guard lock(breaker_->mutex_);
    // Calls that began before the outage say nothing new about it.
    if (breaker_->open_ && !probe_) return false;
    return breaker_->fail(now, 1);
}

bool Breaker::Permit::connect_failed(Time now) noexcept {
    const std::lock_guard lock(breaker_->mutex_);
    if (breaker_->open_ && !probe_) return false;
    return breaker_->fail(now, breaker_->limits_.failures);
}

}  // namespace ezapi::host::redis
