// Text from clients: trimming, lower case, shortening, counting, control characters. All functions
// take UTF-8 and do not depend on a locale.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace ezapi {

/// The number of characters, not bytes.
[[nodiscard]] inline size_t characters(std::string_view utf8) {
    size_t count = 0;
    for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    return count;
}

/// Converts ASCII letters only.
[[nodiscard]] inline std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

[[nodiscard]] inline std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n\f\v");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n\f\v") - first + 1);
}

/// At most `most` bytes (more than 3), cut between characters. "..." replaces what was cut.
[[nodiscard]] inline std::string shortened(std::string text, size_t most = 80) {
    if (text.size() <= most) return text;
    size_t cut = most - 3;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
    text.resize(cut);
    return text += "...";
}

/// The first character that controls how the text around it is displayed or where a line ends: C0,
/// DEL, C1, and the embeddings, overrides and isolates of bidirectional text (UAX #9). 0 when there
/// is none.
[[nodiscard]] inline std::uint32_t control_character(std::string_view utf8) {
    const auto byte = [utf8](size_t at) -> std::uint32_t {
        return at < utf8.size() ? static_cast<unsigned char>(utf8[at]) : 0U;
    };
    for (size_t at = 0; at < utf8.size(); ++at) {
        const std::uint32_t first = byte(at);
        if (first < 0x20 || first == 0x7F) return first;
        if (first == 0xC2 && byte(at + 1) < 0xA0) return byte(at + 1);
        if (first != 0xE2 || (byte(at + 1) != 0x80 && byte(at + 1) != 0x81)) continue;
        const std::uint32_t code =
            0x2000U + ((byte(at + 1) & 0x3FU) << 6U) + (byte(at + 2) & 0x3FU);
        if ((code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069)) return code;
    }
    return 0;
}

/// Why a name with a control character is not valid; empty when it has none.
[[nodiscard]] inline std::string control_fault(std::string_view utf8) {
    const std::uint32_t found = control_character(utf8);
    if (found == 0) return {};
    char name[16];
    std::snprintf(name, sizeof name, "U+%04X", static_cast<unsigned>(found));
    return std::string("holds the control character ") + name;
}

}  // namespace ezapi
