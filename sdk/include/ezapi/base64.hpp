// Bytes as text that needs no escapes in URLs, headers and columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ezapi {

/// Base64url without padding (RFC 4648, section 5).
[[nodiscard]] inline std::string base64url(std::string_view bytes) {
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (held += 8; held >= 6;)
            out.push_back(kDigits[(bits >> static_cast<unsigned>(held -= 6)) & 63U]);
    }
    if (held > 0) out.push_back(kDigits[(bits << static_cast<unsigned>(6 - held)) & 63U]);
    return out;
}

/// nullopt for a character outside of the alphabet, including padding, and for a text that is not
/// the canonical encoding of its bytes: otherwise an altered text could stand for the same bytes.
[[nodiscard]] inline std::optional<std::string> from_base64url(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        std::uint32_t digit = 0;
        if (c >= 'A' && c <= 'Z') {
            digit = static_cast<std::uint32_t>(c - 'A');
        } else if (c >= 'a' && c <= 'z') {
            digit = static_cast<std::uint32_t>(c - 'a') + 26;
        } else if (c >= '0' && c <= '9') {
            digit = static_cast<std::uint32_t>(c - '0') + 52;
        } else if (c == '-' || c == '_') {
            digit = c == '-' ? 62 : 63;
        } else {
            return std::nullopt;
        }
        bits = (bits << 6U) | digit;
        if ((held += 6) >= 8)
            out.push_back(static_cast<char>((bits >> static_cast<unsigned>(held -= 8)) & 255U));
    }
    const std::uint32_t left = bits & ((1U << static_cast<unsigned>(held)) - 1U);
    if (held == 6 || left != 0) return std::nullopt;
    return out;
}

}  // namespace ezapi
