// Moments that bodies tell as a number.
#pragma once

#include <cstdint>
#include <optional>

namespace ezapi::logs {

/// Unix microseconds from seconds or milliseconds; nothing for times before 1970 or after 9999.
[[nodiscard]] inline std::optional<std::int64_t> unix_moment(std::int64_t number) {
    // Seconds stay below it until the year 5138, milliseconds were above it in 1973 already.
    constexpr std::int64_t kFirstMillisecond = 100'000'000'000;
    constexpr std::int64_t kLastSecond = 253'402'300'799;
    const bool seconds = number < kFirstMillisecond;
    if (number < 0 || number / (seconds ? 1 : 1000) > kLastSecond) return std::nullopt;
    return number * (seconds ? 1'000'000 : 1'000);
}

}  // namespace ezapi::logs
