// Bearer credentials that a plugin issues: a prefix, 40 random base62 characters, and 6 characters
// of their CRC-32, so that a mistyped or guessed credential is refused without a query. Only the
// SHA-256 is stored; a credential with 238 random bits needs no slow hash. A target that includes
// this header must link OpenSSL::Crypto.
//
//     const std::string token = credential::issue("sk-");          // shown once
//     row["token_hash"] = sha256_hex(token);
//     const bool possible = credential::well_formed("sk-", given);
#pragma once

#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"

namespace ezapi::credential {

inline constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
inline constexpr size_t kRandomDigits = 40;
inline constexpr size_t kChecksumDigits = 6;
/// How many characters of a credential may be shown, including its prefix.
inline constexpr size_t kShown = 8;

/// CRC-32 of IEEE 802.3, the one of zlib and PNG.
[[nodiscard]] constexpr std::uint32_t crc32(std::string_view bytes) noexcept {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

/// The CRC-32 of the random digits as six base62 digits, the most significant first.
[[nodiscard]] inline std::string checksum(std::string_view digits) {
    std::string out(kChecksumDigits, '0');
    std::uint32_t rest = crc32(digits);
    for (size_t i = kChecksumDigits; i-- > 0; rest /= 62U) out[i] = kBase62[rest % 62U];
    return out;
}

/// Base62 digits from OpenSSL's random generator, uniformly distributed.
[[nodiscard]] inline std::string random_base62(size_t count) {
    std::string out;
    out.reserve(count);
    std::array<unsigned char, 64> bytes{};
    while (out.size() < count) {
        if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
            throw Error(EZ_UNAVAILABLE, "the random generator has no entropy");
        for (const unsigned char byte : bytes) {
            // 248 is the largest multiple of 62 in a byte. Using larger bytes would make the first
            // digits more likely.
            if (byte < 248 && out.size() < count) out.push_back(kBase62[byte % 62U]);
        }
    }
    return out;
}

/// A new credential. Show it once and store its digest only.
[[nodiscard]] inline std::string issue(std::string_view prefix) {
    const std::string digits = random_base62(kRandomDigits);
    return std::string(prefix) + digits + checksum(digits);
}

/// Whether a text can be a credential with this prefix: checks length, alphabet and checksum.
[[nodiscard]] inline bool well_formed(std::string_view prefix, std::string_view text) {
    if (text.size() != prefix.size() + kRandomDigits + kChecksumDigits || !text.starts_with(prefix))
        return false;
    text.remove_prefix(prefix.size());
    const std::string_view digits = text.substr(0, kRandomDigits);
    if (digits.find_first_not_of(kBase62) != std::string_view::npos) return false;
    return text.substr(kRandomDigits) == checksum(digits);
}

}  // namespace ezapi::credential
