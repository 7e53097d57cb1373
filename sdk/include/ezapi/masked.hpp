// Recognises masks, which user interfaces, logs and placeholders show instead of a credential.
// Storing a mask would overwrite the credential, so every place that accepts a credential refuses
// masks.
//
//     looks_masked("****"), looks_masked("sk-...cdef"), looks_masked("sk-xxxx")  // true
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "ezapi/text.hpp"

namespace ezapi {

namespace detail {

/// The length of the longest run of a character; 'x' includes 'X'.
[[nodiscard]] inline size_t longest_run(std::string_view text, char wanted) {
    size_t longest = 0;
    size_t run = 0;
    for (const char c : text) {
        run = c == wanted || (wanted == 'x' && c == 'X') ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

/// Whether the part after the last '-' or '_' is x only, at least three: "sk-xxxx".
[[nodiscard]] inline bool ends_in_placeholder(std::string_view text) {
    const size_t separator = text.find_last_of("-_");
    const std::string_view last =
        separator == std::string_view::npos ? text : text.substr(separator + 1);
    return last.size() >= 3 && last.find_first_not_of("xX") == std::string_view::npos;
}

}  // namespace detail

/// Whether a text is a mask or placeholder and not a credential: it contains an ellipsis, bullets,
/// "...", "***", "###" or "xxxxxx", repeats a single character, ends in a part of x only, or is in
/// angle or square brackets.
[[nodiscard]] inline bool looks_masked(std::string_view text) {
    // ASCII, then ellipses, bullets, dots and stars beyond ASCII in UTF-8.
    static constexpr std::array<std::string_view, 17> kSigns{"...",
                                                             "***",
                                                             "###",
                                                             "\xE2\x80\xA6",
                                                             "\xE2\x8B\xAF",
                                                             "\xE2\x80\xA5",
                                                             "\xE2\x80\xA2",
                                                             "\xE2\x80\xA3",
                                                             "\xE2\x97\x8F",
                                                             "\xE2\x97\x8B",
                                                             "\xE2\x97\xA6",
                                                             "\xE2\xAC\xA4",
                                                             "\xE2\x88\x99",
                                                             "\xC2\xB7",
                                                             "\xE2\x88\x97",
                                                             "\xEF\xBC\x8A",
                                                             "\xE2\x96\x88"};
    text = trim(text);
    if (text.empty()) return false;
    for (const std::string_view sign : kSigns) {
        if (text.find(sign) != std::string_view::npos) return true;
    }
    if (text.find_first_not_of(text.front()) == std::string_view::npos &&
        (text.size() >= 3 || text.front() == '*'))
        return true;
    if ((text.front() == '<' && text.back() == '>') || (text.front() == '[' && text.back() == ']'))
        return true;
    return detail::longest_run(text, 'x') >= 6 || detail::ends_in_placeholder(text);
}

}  // namespace ezapi
