// Bytes as hexadecimal digits. Writes lower case, reads both cases.
//
//     to_hex("AB")     // "4142"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ezapi {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

inline void append_hex(std::string& out, std::string_view bytes) {
    out.reserve(out.size() + 2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(kHexDigits[byte >> 4U]);
        out.push_back(kHexDigits[byte & 15U]);
    }
}

[[nodiscard]] inline std::string to_hex(std::string_view bytes) {
    std::string out;
    append_hex(out, bytes);
    return out;
}

/// 16 digits, the most significant first.
[[nodiscard]] inline std::string to_hex(std::uint64_t number) {
    std::string out(16, '0');
    for (size_t i = out.size(); i-- > 0; number >>= 4U) out[i] = kHexDigits[number & 15U];
    return out;
}

/// The value of a digit, 0 to 15; -1 when it is not a hexadecimal digit.
[[nodiscard]] constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// nullopt for an odd number of characters, or one that is not a hexadecimal digit.
[[nodiscard]] inline std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

}  // namespace ezapi
