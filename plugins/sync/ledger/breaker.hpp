// Whether Redis is known to be away. While it is, nobody waits for it: one caller after each pause
// is let through as the probe. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "ledger/backoff.hpp"

namespace ezapi::sync {

class Breaker {
public:
    using Clock = std::chrono::steady_clock;

    /// `chance` returns a random number in [0, 1); called under a lock.
    explicit Breaker(std::function<double()> chance) : chance_(std::move(chance)) {}

    /// True when the caller may try. While Redis is away that makes it the probe, and the next one
    /// comes a pause later.
    [[nodiscard]] bool admits(Clock::time_point now) {
        const std::lock_guard lock(mutex_);
        if (failures_ == 0) return true;
        if (now < probe_at_) return false;
        probe_at_ = now + backoff(failures_, chance_());
        return true;
    }

    void failed(Clock::time_point now, std::string_view why = {}) {
        const std::lock_guard lock(mutex_);
        ++failures_;
        why_ = why;
        probe_at_ = now + backoff(failures_, chance_());
    }

    /// Returns whether Redis was away until now.
    bool succeeded() {
        const std::lock_guard lock(mutex_);
        const bool was_away = failures_ > 0;
        failures_ = 0;
        return was_away;
    }

    /// Why Redis is away; empty while it is not.
    [[nodiscard]] std::string reason() const {
        const std::lock_guard lock(mutex_);
        return failures_ > 0 ? why_ : std::string();
    }

    [[nodiscard]] bool away() const {
        const std::lock_guard lock(mutex_);
        return failures_ > 0;
    }

private:
    mutable std::mutex mutex_;
    std::function<double()> chance_;
    int failures_ = 0;
    std::string why_;  // of the last failure
    Clock::time_point probe_at_{};
};

}  // namespace ezapi::sync
