// JSON numbers as they are written, turned into integers without a detour through floating point.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ezapi::logs {

/// A whole number in 64 bits; nothing for fractions, exponents and what does not fit.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view number);

/// A number in billionths, rounded half away from zero; nothing when that does not fit 64 bits.
[[nodiscard]] std::optional<std::int64_t> in_billionths(std::string_view number);

}  // namespace ezapi::logs
