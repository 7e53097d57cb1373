// Sums that stop at the largest number instead of passing it.
#pragma once

#include <cstdint>
#include <limits>

namespace ezapi::logs {

/// `sum` and `part`, none of them negative.
[[nodiscard]] inline std::int64_t saturated_sum(std::int64_t sum, std::int64_t part) {
    std::int64_t out = 0;
    return __builtin_add_overflow(sum, part, &out) ? std::numeric_limits<std::int64_t>::max() : out;
}

}  // namespace ezapi::logs
