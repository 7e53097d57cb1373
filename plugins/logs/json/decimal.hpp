// Converts decimal text to integers without floating point and without allocation.
#pragma once

#include <cstdint>
#include <string_view>

namespace ezapi::logs {

struct Scaled {
    std::int64_t value = 0;
    bool exact = true;  // false: rounded, or clamped to 64 bits
};

/// `number` times 10^places, rounded half away from zero; values beyond 64 bits are clamped.
/// `number` must be a JSON number or satisfy is_decimal.
[[nodiscard]] Scaled scaled(std::string_view number, int places);

/// The value in billionths.
[[nodiscard]] inline Scaled in_billionths(std::string_view number) {
    return scaled(number, 9);
}

/// True for a decimal number as in JSON. Also accepts a plus sign, leading zeros, and a point
/// without digits on one side.
[[nodiscard]] bool is_decimal(std::string_view text);

}  // namespace ezapi::logs
