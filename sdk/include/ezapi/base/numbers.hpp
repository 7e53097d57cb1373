// Whole numbers as text.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace ezapi {

/// The whole text as decimal digits, with a '-' in front where the type has a sign. Nothing for
/// another text (spaces, a '+', a fraction, no digit), and for a number that the type cannot hold.
template <std::integral Number = std::int64_t>
[[nodiscard]] std::optional<Number> parse_integer(std::string_view text) noexcept {
    Number value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// An id in its only spelling: positive, without leading zeros.
[[nodiscard]] inline std::optional<std::int64_t> parse_id(std::string_view text) noexcept {
    const auto id = parse_integer(text);
    if (!id || *id <= 0 || text.front() == '0') return std::nullopt;
    return id;
}

}  // namespace ezapi
