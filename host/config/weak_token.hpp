// Whether a configured credential is soon guessed: by its pattern, or because it is made of the
// words that documentation, examples and lists of common passwords are full of. A random one is
// never found weak; that a token passes does not prove it random.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::host::config {

/// What to do instead.
inline constexpr std::string_view kStrongToken = "make one with 'openssl rand -hex 32'";

/// Why the token is soon guessed, without the token; empty: nothing was found.
[[nodiscard]] std::string weakness_of(std::string_view token);

}  // namespace ezapi::host::config
