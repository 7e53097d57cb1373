// Gives memory back to the system after a burst. The allocator keeps what was freed for the next
// request; without this a server that was busy once looks busy for the rest of its life. One
// thread.
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
        std::function<int64_t()> resident_bytes;  // of the process; 0: not known
        std::function<void()> trim;
    };

    /// What the process runs on.
    [[nodiscard]] static System real();

    explicit Heap(System system = real()) : system_(std::move(system)) {}

    /// Looks every few seconds, and trims when the process has grown by more than 32 MiB over its
    /// smallest size. Memory that is in use makes it look less often, at least once a minute.
    void tick(Clock::time_point now);

private:
    System system_;
    int64_t smallest_ = std::numeric_limits<int64_t>::max();
    Clock::time_point next_{};
    Clock::duration pause_ = std::chrono::seconds(5);
};

}  // namespace ezapi::host::http
