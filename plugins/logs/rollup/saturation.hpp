// Saturating addition.
#pragma once

#include <cstdint>
#include <limits>

namespace ezapi::logs {

/// The sum, or the largest number on overflow. Both arguments must not be negative.
[[nodiscard]] inline std::int64_t saturated_sum(std::int64_t sum, std::int64_t part) {
    std::int64_t out = 0;
    return __builtin_add_overflow(sum, part, &out) ? std::numeric_limits<std::int64_t>::max() : out;
}

}  // namespace ezapi::logs
