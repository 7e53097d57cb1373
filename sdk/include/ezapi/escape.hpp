// Makes bytes from other systems safe for messages, log lines and columns of the database.
//
//     throw Error(EZ_UNAVAILABLE, "redis: expected an integer, found " + in_quotes(text));
//
// The result is UTF-8 without control characters. PostgreSQL can store it (it refuses NUL and
// invalid UTF-8), it stays on one line, and it cannot control a terminal.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "ezapi/base/hex.hpp"

namespace ezapi {

/// The length of the well-formed UTF-8 sequence at the start of `text`; 0 when there is none (RFC
/// 3629: no overlong forms, no surrogates, nothing above U+10FFFF). `text` must not be empty.
[[nodiscard]] inline size_t utf8_length(std::string_view text) noexcept {
    const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = at(0);
    if (lead < 0x80) return 1;
    const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xC0U) != 0x80U) return 0;
    }
    const unsigned char second = at(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
    return length;
}

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

/// Whether PostgreSQL can store the text: UTF-8 without NUL.
[[nodiscard]] inline bool is_storable(std::string_view text) noexcept {
    return text.find('\0') == std::string_view::npos && is_utf8(text);
}

namespace detail {

/// Escapes a byte that is a control character or not part of a character.
[[nodiscard]] inline std::string escaped_byte(unsigned char byte, std::string_view prefix = "\\x") {
    if (byte == '\n') return "\\n";
    if (byte == '\r') return "\\r";
    if (byte == '\t') return "\\t";
    std::string out(prefix);
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 0xFU];
    return out;
}

}  // namespace detail

/// How many bytes of another server's message an error message quotes.
inline constexpr size_t kMostOfMessage = 500;

/// Replaces line breaks and other control characters (C0, DEL, C1) by `\n`, `\x1b`, `\u0085`, and
/// bytes that are not UTF-8 by `\xNN`. A result longer than `most` bytes (more than 3) is cut and
/// ends in "...".
[[nodiscard]] inline std::string escape_controls(std::string_view text,
                                                 size_t most = std::string_view::npos) {
    std::string out;
    out.reserve(std::min(text.size(), most));
    size_t cut = 0;  // the last length after which "..." fits
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        const size_t length = utf8_length(text);
        if (byte < 0x20 || byte == 0x7F || length == 0) {
            out += detail::escaped_byte(byte);
        } else if (byte == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0) {
            out += detail::escaped_byte(static_cast<unsigned char>(text[1]), "\\u00");
        } else {
            out += text.substr(0, length);
        }
        if (out.size() > most) {
            out.resize(cut);
            return out += "...";
        }
        if (out.size() + 3 <= most) cut = out.size();
        text.remove_prefix(std::max<size_t>(length, 1));
    }
    return out;
}

/// The text in quotes, escaped and shortened, for messages.
[[nodiscard]] inline std::string in_quotes(std::string_view text, size_t most = 80) {
    return "'" + escape_controls(text, most) + "'";
}

/// Escapes the text for a pattern of LIKE or ILIKE, so that it matches literally.
[[nodiscard]] inline std::string like_literal(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

}  // namespace ezapi
