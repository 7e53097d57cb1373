// Parses integers.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace ezapi {

/// Parses a text of decimal digits, with a leading '-' when the type is signed. nullopt for any
/// other text (spaces, a '+', a fraction, no digit) and for a number that the type cannot
/// represent.
template <std::integral Number = std::int64_t>
[[nodiscard]] std::optional<Number> parse_integer(std::string_view text) noexcept {
    Number value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Parses an id: positive and without leading zeros, so that each id has one spelling.
[[nodiscard]] inline std::optional<std::int64_t> parse_id(std::string_view text) noexcept {
    const auto id = parse_integer(text);
    if (!id || *id <= 0 || text.front() == '0') return std::nullopt;
    return id;
}

}  // namespace ezapi
