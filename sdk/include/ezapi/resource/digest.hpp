// A short digest, for entity tags and cursors. It is not cryptographic: different contents hardly
// ever have the same digest, but a client can construct two that do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ezapi::detail {

/// FNV-1a of 64 bits.
class Digest {
public:
    void add(std::string_view bytes) {
        for (const char byte : bytes) mix(static_cast<unsigned char>(byte));
    }

    /// Where one text ends and the next begins; no byte has this effect.
    void separate() { mix(0x100U); }

    /// Never 0.
    [[nodiscard]] std::uint64_t value() const { return value_ != 0 ? value_ : 1; }

private:
    void mix(std::uint64_t value) { value_ = (value_ ^ value) * 0x00000100000001B3U; }

    std::uint64_t value_ = 0xCBF29CE484222325U;
};

}  // namespace ezapi::detail
