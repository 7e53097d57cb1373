// Character classes and small codecs of HTTP and URI syntax (RFC 9110 5.6, RFC 3986 2). ASCII only
// and independent of the locale, because what is accepted must not depend on the environment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ezapi::host::http {

using NameValue = std::pair<std::string, std::string>;
using NameValues = std::vector<NameValue>;

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

[[nodiscard]] constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// RFC 9110 `tchar`.
[[nodiscard]] bool is_token_char(char c) noexcept;
/// One or more `tchar`.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
/// RFC 3986 `pchar` without percent-encoded ones.
[[nodiscard]] bool is_path_char(char c) noexcept;
/// Allowed in a field value: visible characters, blanks and bytes above 0x7f (`obs-text`).
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;
[[nodiscard]] std::string lowered(std::string_view text);
/// Without leading and trailing blanks (space and tab).
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;
/// The elements of a comma list, trimmed, empty ones left out.
[[nodiscard]] std::vector<std::string_view> list_of(std::string_view text);

/// Digits only, no sign, no overflow.
[[nodiscard]] std::optional<uint64_t> decimal(std::string_view text) noexcept;

/// Decodes percent-encoding; nothing when a `%` is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace ezapi::host::http
