// Unicode text from clients: normalisation to NFC (UAX #15), and characters that a reader cannot
// see. Text is UTF-8; ASCII is handled without a table. A target that includes this header must
// link libutf8proc, as the CMake target ezapi::sdk does.
//
//     const std::string name = composed(given);  // "e" and U+0301 become U+00E9
//     const std::string fault = invisible_fault(name);  // empty: every character is visible
#pragma once

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ezapi/error.hpp"

namespace ezapi {

namespace detail {

[[nodiscard]] inline bool is_ascii(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The character at `at`, which is advanced past it. A byte that starts no character is U+FFFD.
[[nodiscard]] inline std::int32_t next_character(std::string_view utf8, size_t& at) {
    utf8proc_int32_t code = -1;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(utf8.data() + at);
    const utf8proc_ssize_t size =
        utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(utf8.size() - at), &code);
    at += size > 0 ? static_cast<size_t>(size) : 1;
    return size > 0 ? code : 0xFFFD;
}

/// Characters that show nothing or look like an ordinary space: default ignorable characters (UAX
/// #44), all spaces except U+0020, line and paragraph separators, interlinear annotations, and the
/// empty Braille pattern. Sorted.
inline constexpr std::array<std::pair<std::int32_t, std::int32_t>, 21> kInvisible{
    {{0x00A0, 0x00A0},  {0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C},   {0x115F, 0x1160},
     {0x1680, 0x1680},  {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},   {0x2028, 0x202F},
     {0x205F, 0x206F},  {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},   {0xFE00, 0xFE0F},
     {0xFEFF, 0xFEFF},  {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
     {0xE0000, 0xE0FFF}}};

[[nodiscard]] inline bool is_invisible(std::int32_t code) {
    return std::any_of(kInvisible.begin(), kInvisible.end(), [code](const auto& range) {
        return code >= range.first && code <= range.second;
    });
}

/// Whether a character on its own is visible.
[[nodiscard]] inline bool is_visible(std::int32_t code) {
    if (is_invisible(code)) return false;
    switch (utf8proc_category(code)) {
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_ZS:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
        case UTF8PROC_CATEGORY_CC:
            return false;
        default:
            return true;
    }
}

}  // namespace detail

/// The text in NFC. Throws EZ_INVALID when it is not UTF-8.
[[nodiscard]] inline std::string composed(std::string text) {
    if (detail::is_ascii(text)) return text;
    utf8proc_uint8_t* out = nullptr;
    const utf8proc_ssize_t size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()),
                     &out,
                     static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, &std::free);
    if (size < 0)
        throw Error(EZ_INVALID, std::string("text is not UTF-8: ") + utf8proc_errmsg(size));
    return {reinterpret_cast<const char*>(out), static_cast<size_t>(size)};
}

/// Why a name with an invisible character is not valid; empty when it has none. ASCII control
/// characters are found by control_fault (text.hpp).
[[nodiscard]] inline std::string invisible_fault(std::string_view utf8) {
    if (detail::is_ascii(utf8)) return {};
    for (size_t at = 0; at < utf8.size();) {
        const std::int32_t code = detail::next_character(utf8, at);
        if (!detail::is_invisible(code)) continue;
        char name[16];
        std::snprintf(name, sizeof name, "U+%04X", static_cast<unsigned>(code));
        return std::string("holds the invisible character ") + name;
    }
    return {};
}

/// Whether the text has a visible character.
[[nodiscard]] inline bool has_visible(std::string_view utf8) {
    for (size_t at = 0; at < utf8.size();) {
        const auto byte = static_cast<unsigned char>(utf8[at]);
        if (byte > 0x20 && byte < 0x7F) return true;
        if (detail::is_visible(detail::next_character(utf8, at))) return true;
    }
    return false;
}

}  // namespace ezapi
