// Masks of credentials: what user interfaces, logs and placeholders put where a credential was.
// Stored in place of one, it would destroy it, so it is refused wherever a credential is taken.
//
//     looks_masked("****"), looks_masked("sk-...cdef"), looks_masked("sk-xxxx")  // true
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "ezapi/text.hpp"

namespace ezapi {

namespace detail {

/// The longest run of one character, letters in either case.
[[nodiscard]] inline size_t longest_run(std::string_view text, char wanted) {
    size_t longest = 0;
    size_t run = 0;
    for (const char c : text) {
        run = c == wanted || (wanted == 'x' && c == 'X') ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

/// "sk-xxxx": nothing but x behind the last '-' or '_'.
[[nodiscard]] inline bool ends_in_placeholder(std::string_view text) {
    const size_t separator = text.find_last_of("-_");
    const std::string_view last =
        separator == std::string_view::npos ? text : text.substr(separator + 1);
    return last.size() >= 3 && last.find_first_not_of("xX") == std::string_view::npos;
}

}  // namespace detail

/// Whether a text is a mask or a placeholder and no credential: it holds an ellipsis, bullets,
/// "...", "***", "###" or "xxxxxx", consists of one character, ends in a part of x, or stands in
/// angle or square brackets.
[[nodiscard]] inline bool looks_masked(std::string_view text) {
    // Ellipses, bullets, dots and stars beyond ASCII, as UTF-8.
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
