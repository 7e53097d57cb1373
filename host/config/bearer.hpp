// Checks a configured bearer credential: a client must be able to send it, and it must not be easy
// to guess.
#pragma once

#include <string_view>

namespace ezapi::host::config {

inline constexpr std::string_view kBearerRule =
    "16 to 4096 letters, digits and characters of -._~+/, with = at the end only";

/// token68 of RFC 9110.
[[nodiscard]] constexpr bool is_bearer(std::string_view text) noexcept {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    if (text.size() < 16 || text.size() > 4096) return false;
    const size_t letters = text.find_first_not_of(kLetters);
    return letters != 0 && (letters == std::string_view::npos ||
                            text.find_first_not_of('=', letters) == std::string_view::npos);
}

}  // namespace ezapi::host::config
