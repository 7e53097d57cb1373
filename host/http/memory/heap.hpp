// Returns free memory to the system after a burst (malloc_trim), which the allocator does not do by
// itself. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>

namespace ezapi::host::http {

class Heap {
public:
    using Clock = std::chrono::steady_clock;

    struct System {
        std::function<int64_t()> resident_bytes;  // of the process; 0: unknown
        std::function<void()> trim;
    };

    /// The real process: /proc and malloc_trim.
    [[nodiscard]] static System real();

    explicit Heap(System system = real()) : system_(std::move(system)) {}

    /// Checks every few seconds and trims when the process has grown by more than 32 MiB over its
    /// smallest size. When trimming frees little, it checks less often, at least once a minute.
    void tick(Clock::time_point now);

private:
    System system_;
    int64_t smallest_ = std::numeric_limits<int64_t>::max();
    Clock::time_point next_{};
    Clock::duration pause_ = std::chrono::seconds(5);
};

}  // namespace ezapi::host::http
