// A short digest of what a client is shown, for entity tags: it tells two answers apart that differ
// by chance. It is no protection against somebody who looks for two that have the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ezapi::detail {

/// FNV-1a of 64 bits.
class Digest {
public:
    void add(std::string_view bytes) {
        for (const char byte : bytes) add(static_cast<unsigned char>(byte));
    }

    void add(unsigned char byte) { value_ = (value_ ^ byte) * 0x00000100000001B3U; }

    /// Never 0.
    [[nodiscard]] std::uint64_t value() const { return value_ != 0 ? value_ : 1; }

private:
    std::uint64_t value_ = 0xCBF29CE484222325U;
};

inline constexpr size_t kHexOfDigest = 16;

[[nodiscard]] inline std::string hex_of(std::uint64_t digest) {
    std::string out(kHexOfDigest, '0');
    for (size_t i = kHexOfDigest; i-- > 0; digest >>= 4U) out[i] = "0123456789abcdef"[digest & 15U];
    return out;
}

}  // namespace ezapi::detail
