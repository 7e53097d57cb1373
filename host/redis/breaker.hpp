// Circuit breaker. While Redis answers, all calls pass; during an outage all fail at once except
// one probe at a time, with growing, jittered pauses. Pure: time and random numbers are passed in.
// Usable from any thread.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <utility>

namespace ezapi::host::redis {

class Breaker {
public:
    using Time = std::chrono::steady_clock::time_point;

    struct Limits {
        std::chrono::milliseconds probe_min{200};
        std::chrono::milliseconds probe_max{1000};
        int failures = 3;  // consecutive calls without a reply until the breaker opens
    };

    /// `chance` gives numbers from [0, 1).
    Breaker(Limits limits, std::function<double()> chance);

    /// One call. Destroyed without a result, it has no effect on the breaker.
    class Permit {
    public:
        Permit(Breaker* breaker, bool probe) noexcept : breaker_(breaker), probe_(probe) {}

        Permit(Permit&& other) noexcept
            : breaker_(std::exchange(other.breaker_, nullptr)), probe_(other.probe_) {}

        Permit& operator=(Permit&&) = delete;
        Permit(const Permit&) = delete;
        Permit& operator=(const Permit&) = delete;
        ~Permit();

        /// False: fail at once.
        [[nodiscard]] bool granted() const noexcept { return breaker_ != nullptr; }

        /// True when this ends an outage.
        bool succeeded() noexcept;
        /// An established connection did not reply. True when this begins an outage.
        bool call_failed(Time now) noexcept;
        /// No connection can be made. True when this begins an outage.
        bool connect_failed(Time now) noexcept;

    private:
        Breaker* breaker_;
        bool probe_;
    };

    [[nodiscard]] Permit enter(Time now);
    [[nodiscard]] bool open() const;

private:
    bool fail(Time now, int weight);

    const Limits limits_;
    const std::function<double()> chance_;
    mutable std::mutex mutex_;
    int failures_ = 0;
    bool open_ = false;
    bool probing_ = false;
    std::chrono::milliseconds pause_{0};
    Time next_probe_;
};

}  // namespace ezapi::host::redis
