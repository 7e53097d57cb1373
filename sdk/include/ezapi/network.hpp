// IPv4 and IPv6 addresses and networks in CIDR notation (RFC 4632, RFC 4291): whether a text is
// one, and whether an address lies in a network. IPv4 counts as its IPv6-mapped form, so that a
// client that arrives over either is the same.
//
//     if (const std::string fault = network_fault("10.0.0.0/8"); !fault.empty()) ...
//     const auto address = Address::parse("10.1.2.3");
//     if (address && address->in("10.0.0.0/8")) ...
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi {

class Address {
public:
    /// Nothing where the text is none.
    [[nodiscard]] static std::optional<Address> parse(std::string_view text) {
        if (text.find('\0') != std::string_view::npos) return std::nullopt;
        const std::string terminated(text);
        Address out;
        if (inet_pton(AF_INET6, terminated.c_str(), out.bytes_.data()) == 1) return out;
        out.bytes_ = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
        out.four_ = true;
        if (inet_pton(AF_INET, terminated.c_str(), out.bytes_.data() + kMappedBits / 8) != 1)
            return std::nullopt;
        return out;
    }

    /// Whether it is the address, or lies in the network, that `network` says; false where that is
    /// neither.
    [[nodiscard]] bool in(std::string_view network) const {
        const size_t slash = network.find('/');
        const std::optional<Address> base = parse(network.substr(0, slash));
        if (!base) return false;
        int bits = 128;
        if (slash != std::string_view::npos) {
            const std::string_view length = network.substr(slash + 1);
            if (std::from_chars(length.data(), length.data() + length.size(), bits).ec !=
                std::errc{})
                return false;
            if (base->four_) bits += kMappedBits;
        }
        return bits >= 0 && bits <= 128 && shares(*base, static_cast<size_t>(bits));
    }

    /// The first of the networks that holds it; nullptr for none.
    [[nodiscard]] const std::string* in_any(const std::vector<std::string>& networks) const {
        for (const std::string& network : networks) {
            if (in(network)) return &network;
        }
        return nullptr;
    }

    /// Without what lies behind the first `bits`, which must be at most 32 for IPv4 and 128 else.
    [[nodiscard]] Address masked(int bits) const {
        Address out = *this;
        const size_t kept = static_cast<size_t>(bits) + (four_ ? kMappedBits : 0);
        for (size_t bit = kept; bit < out.bytes_.size() * 8; ++bit)
            out.bytes_[bit / 8] &= static_cast<unsigned char>(~(0x80U >> (bit % 8)));
        return out;
    }

    [[nodiscard]] std::string text() const {
        char out[INET6_ADDRSTRLEN];
        const unsigned char* first = bytes_.data() + (four_ ? kMappedBits / 8 : 0);
        return inet_ntop(four_ ? AF_INET : AF_INET6, first, out, sizeof out) != nullptr ? out : "";
    }

    /// Whether it was written as IPv4.
    [[nodiscard]] bool four() const { return four_; }

private:
    static constexpr int kMappedBits = 96;  // in front of an IPv4 address

    [[nodiscard]] bool shares(const Address& other, size_t bits) const {
        const size_t whole = bits / 8;
        if (!std::equal(bytes_.data(), bytes_.data() + whole, other.bytes_.data())) return false;
        if (bits % 8 == 0) return true;
        const auto mask = static_cast<unsigned char>(0xFF00U >> (bits % 8));
        return ((bytes_[whole] ^ other.bytes_[whole]) & mask) == 0;
    }

    std::array<unsigned char, 16> bytes_{};
    bool four_ = false;
};

/// What is wrong with an address or a network; empty: nothing.
[[nodiscard]] inline std::string network_fault(std::string_view text) {
    const size_t slash = text.find('/');
    const std::optional<Address> address = Address::parse(text.substr(0, slash));
    if (!address)
        return "expected an IPv4 or IPv6 address or network like 10.0.0.0/8, found '" +
               std::string(text) + "'";
    if (slash == std::string_view::npos) return {};
    const int widest = address->four() ? 32 : 128;
    const std::string_view length = text.substr(slash + 1);
    int bits = -1;
    const auto [end, fault] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (fault == std::errc{} && end == length.data() + length.size() && bits >= 0 && bits <= widest)
        return {};
    return "expected a prefix length from 0 to " + std::to_string(widest) + " behind the '/' of '" +
           std::string(text) + "'";
}

/// The one way to write an address or network in which network_fault finds nothing: 10.1.2.3/8 is
/// 10.0.0.0/8.
[[nodiscard]] inline std::string canonical_network(std::string_view text) {
    const size_t slash = text.find('/');
    const std::optional<Address> address = Address::parse(text.substr(0, slash));
    if (!address || slash == std::string_view::npos)
        return address ? address->text() : std::string(text);
    int bits = 0;
    std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
    return address->masked(bits).text() + "/" + std::to_string(bits);
}

}  // namespace ezapi
