// Decimal numbers as they are written, turned into integers without a detour through floating
// point and without allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ezapi::logs {

/// A whole number in 64 bits; nothing for fractions, exponents and what does not fit.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view number);

struct Scaled {
    std::int64_t value = 0;
    bool exact = true;  // false: digits were rounded away, or the value does not fit 64 bits
};

/// `number` times 10^places, rounded half away from zero. What is beyond 64 bits becomes the
/// largest value of its sign. `number` must be one for JSON, or for is_decimal.
[[nodiscard]] Scaled scaled(std::string_view number, int places);

/// The same in billionths.
[[nodiscard]] inline Scaled in_billionths(std::string_view number) {
    return scaled(number, 9);
}

/// Whether a text is a decimal number as JSON writes them. Allowed besides are a plus sign, zeros
/// in front, and no digits on one side of the point.
[[nodiscard]] bool is_decimal(std::string_view text);

}  // namespace ezapi::logs
