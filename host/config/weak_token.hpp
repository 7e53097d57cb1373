// Whether a configured credential is easy to guess: by its pattern, or because it consists of words
// from documentation, examples and lists of common passwords. A random token is never found weak;
// passing does not prove that a token is random.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::host::config {

/// Advice for the message.
inline constexpr std::string_view kStrongToken = "make one with 'openssl rand -hex 32'";

/// Why the token is easy to guess, without the token; empty: it is not found weak.
[[nodiscard]] std::string weakness_of(std::string_view token);

}  // namespace ezapi::host::config
