// Counts wrong credentials per source address, so that guessing is slow while the right credential
// always works. Bounded: when too many sources guess at once, those with the fewest wrong guesses
// are forgotten.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ezapi::host::http {

class Guesses {
public:
    using Clock = std::chrono::steady_clock;

    explicit Guesses(size_t per_minute) : per_minute_(per_minute) {}

    /// Notes a wrong one. 0: it may be answered as such; otherwise the seconds until the source is
    /// heard again.
    [[nodiscard]] int wrong(std::string_view source, Clock::time_point now);

private:
    struct Window {
        Clock::time_point begin;
        size_t count = 0;
    };

    void make_room(Clock::time_point now);

    const size_t per_minute_;
    std::mutex mutex_;
    std::unordered_map<std::string, Window> windows_;
};

}  // namespace ezapi::host::http
