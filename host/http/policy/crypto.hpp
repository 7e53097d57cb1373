// Cryptographic functions of the HTTP server, from OpenSSL. Throws EZ_INTERNAL when OpenSSL fails.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ezapi::host::http {

/// 32 bytes.
[[nodiscard]] std::string sha256(std::string_view data);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view data);
/// RFC 5869, 32 bytes.
[[nodiscard]] std::string hkdf_sha256(std::string_view secret,
                                      std::string_view salt,
                                      std::string_view info);

/// AES-256-GCM with a random nonce; `context` is authenticated, not stored. Nonce, ciphertext, tag.
[[nodiscard]] std::string seal(std::string_view key,
                               std::string_view plain,
                               std::string_view context);
/// Nothing when the key, the context or a bit of the text differs.
[[nodiscard]] std::optional<std::string> unseal(std::string_view key,
                                                std::string_view sealed,
                                                std::string_view context);

[[nodiscard]] std::string random_bytes(size_t count);

/// The time depends on the length of `given` only.
[[nodiscard]] bool equal_in_constant_time(std::string_view given, std::string_view expected);

}  // namespace ezapi::host::http
