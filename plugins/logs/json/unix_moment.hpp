// Unix times in bodies that are given as numbers.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "ezapi/time.hpp"
#include "json/decimal.hpp"

namespace ezapi::logs {

/// Unix microseconds of a number that ezapi::unix_time accepts; nullopt otherwise.
[[nodiscard]] inline std::optional<std::int64_t> unix_moment(std::int64_t number) {
    const auto time = unix_time(number);
    return time ? std::optional(time->time_since_epoch().count()) : std::nullopt;
}

/// The same for numbers that unix_moment does not accept: seconds or milliseconds with a fraction,
/// microseconds and nanoseconds. The unit is the largest that does not lead beyond the year 9999.
[[nodiscard]] inline std::optional<std::int64_t> other_moment(std::string_view number) {
    constexpr std::int64_t kFirstMillisecond = 253'402'300'800;
    constexpr std::int64_t kFirstMicrosecond = 253'402'300'800'000;
    constexpr std::int64_t kFirstNanosecond = 253'402'300'800'000'000;
    const Scaled whole = scaled(number, 0);
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (number.starts_with('-') || whole.value == kMost) return std::nullopt;
    if (whole.value >= kFirstNanosecond) return whole.value / 1000;
    if (whole.value >= kFirstMicrosecond) return whole.value;
    return scaled(number, whole.value < kFirstMillisecond ? 6 : 3).value;
}

}  // namespace ezapi::logs
