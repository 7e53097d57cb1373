// A 64-bit digest for entity tags and cursors. It is not cryptographic: collisions are improbable,
// but a client can construct them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ezapi::detail {

/// 64-bit FNV-1a.
class Digest {
public:
    void add(std::string_view bytes) {
        for (const char byte : bytes) mix(static_cast<unsigned char>(byte));
    }

    /// Separates two texts. The value that is mixed in is not a byte, so text cannot imitate it.
    void separate() { mix(0x100U); }

    /// Never 0.
    [[nodiscard]] std::uint64_t value() const { return value_ != 0 ? value_ : 1; }

private:
    void mix(std::uint64_t value) { value_ = (value_ ^ value) * 0x00000100000001B3U; }

    std::uint64_t value_ = 0xCBF29CE484222325U;
};

}  // namespace ezapi::detail
