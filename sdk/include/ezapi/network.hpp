// IPv4 and IPv6 addresses and networks in CIDR notation (RFC 4632, RFC 4291): validation, and
// whether a network contains an address. IPv4 is compared in its IPv6-mapped form, so that a client
// is the same by either protocol.
//
//     const std::string fault = network_fault("10.0.0.0/8");  // empty: valid
//     const auto address = Address::parse("10.1.2.3");
//     const bool inside = address && address->in("10.0.0.0/8");
//
// Stored and compared text is canonical: RFC 5952, and IPv4 instead of an IPv6-mapped address. What
// proxies write may have brackets and a port:
//
//     canonical_address("::FFFF:10.1.2.3"),                  // "10.1.2.3"
//     parse_endpoint("[2001:DB8:0::7]:443")->address.text()  // "2001:db8::7"
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi {

class Address {
public:
    /// nullopt when the text is not an address.
    [[nodiscard]] static std::optional<Address> parse(std::string_view text) {
        std::array<char, INET6_ADDRSTRLEN> terminated{};
        if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos)
            return std::nullopt;
        std::copy(text.begin(), text.end(), terminated.begin());
        Address out;
        if (inet_pton(AF_INET6, terminated.data(), out.bytes_.data()) == 1) return out;
        std::copy(kMapped.begin(), kMapped.end(), out.bytes_.begin());
        out.four_ = true;
        if (inet_pton(AF_INET, terminated.data(), out.bytes_.data() + kMapped.size()) != 1)
            return std::nullopt;
        return out;
    }

    /// The form that is stored: IPv4 instead of an IPv6-mapped address.
    [[nodiscard]] Address canonical() const {
        Address out = *this;
        out.four_ = std::equal(kMapped.begin(), kMapped.end(), bytes_.begin());
        return out;
    }

    /// What limits per client are counted by, in canonical form: an IPv4 address, or the /64
    /// network of an IPv6 address, because a client usually has a whole /64.
    [[nodiscard]] Address client_network() const {
        const Address out = canonical();
        return out.four_ ? out : out.masked(64);
    }

    /// Whether `network` is this address or a network that contains it; false when it is neither an
    /// address nor a network.
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

    /// The first of the networks that contains this address; nullptr when none does.
    [[nodiscard]] const std::string* in_any(const std::vector<std::string>& networks) const {
        for (const std::string& network : networks) {
            if (in(network)) return &network;
        }
        return nullptr;
    }

    /// Sets all bits after the first `bits` to zero; at most 32 for IPv4, 128 for IPv6.
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

    /// IPv4 in its IPv6-mapped form, so that both spellings of an address are equal.
    [[nodiscard]] const std::array<unsigned char, 16>& bytes() const { return bytes_; }

private:
    static constexpr int kMappedBits = 96;  // before an IPv4 address
    static constexpr std::array<unsigned char, kMappedBits / 8> kMapped{
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

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

/// An address and port as proxies and socket libraries write them.
struct Endpoint {
    Address address;  // canonical
    std::optional<std::uint16_t> port;
};

/// Parses 10.1.2.3, 10.1.2.3:4711, 2001:db8::7, [2001:db8::7] and [2001:db8::7]:4711. The zone of a
/// link-local address (fe80::1%eth0) is dropped. nullopt for any other text.
[[nodiscard]] inline std::optional<Endpoint> parse_endpoint(std::string_view text) {
    std::string_view host = text;
    std::optional<std::string_view> digits;
    const bool bracketed = text.starts_with('[');
    if (bracketed) {
        const size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (text.starts_with(':')) digits = text.substr(1);
        if (!digits && !text.empty()) return std::nullopt;
    } else if (const size_t colon = text.find(':'); colon == text.rfind(':') &&  // IPv4
                                                    colon != std::string_view::npos) {
        host = text.substr(0, colon);
        digits = text.substr(colon + 1);
    }
    if (const size_t zone = host.find('%');
        zone != std::string_view::npos && host.find(':') < zone && zone + 1 < host.size())
        host = host.substr(0, zone);
    const std::optional<Address> address = Address::parse(host);
    if (!address || (bracketed && address->four())) return std::nullopt;
    Endpoint out{address->canonical(), std::nullopt};
    if (!digits) return out;
    std::uint16_t port = 0;
    const auto [end, fault] =
        std::from_chars(digits->data(), digits->data() + digits->size(), port);
    if (fault != std::errc{} || end != digits->data() + digits->size()) return std::nullopt;
    out.port = port;
    return out;
}

/// The canonical text of an address: 10.1.2.3 for ::ffff:10.1.2.3, 2001:db8::7 for 2001:DB8:0::7.
/// nullopt when the text is not an address.
[[nodiscard]] inline std::optional<std::string> canonical_address(std::string_view text) {
    const std::optional<Address> address = Address::parse(text);
    return address ? std::optional(address->canonical().text()) : std::nullopt;
}

namespace detail {

/// An address, or a network as it was written: bits after its prefix may be set.
struct Network {
    Address address;
    int bits = 0;  // 32 or 128 for an address
    bool has_length = false;

    [[nodiscard]] int widest() const { return address.four() ? 32 : 128; }

    [[nodiscard]] std::string text() const {
        const std::string base = address.masked(bits).text();
        return has_length ? base + "/" + std::to_string(bits) : base;
    }
};

/// nullopt when the address or the prefix length is not valid.
[[nodiscard]] inline std::optional<Network> parse_network(std::string_view text) {
    const size_t slash = text.find('/');
    const std::optional<Address> address = Address::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    Network out{*address, address->four() ? 32 : 128, slash != std::string_view::npos};
    if (!out.has_length) return out;
    const std::string_view length = text.substr(slash + 1);
    const auto [end, fault] =
        std::from_chars(length.data(), length.data() + length.size(), out.bits);
    if (fault != std::errc{} || end != length.data() + length.size() || out.bits < 0 ||
        out.bits > out.widest())
        return std::nullopt;
    return out;
}

}  // namespace detail

/// Why an address or network is not valid; empty when it is. Also refused, with a proposal in the
/// message: a network with bits set after its prefix, an IPv4 network in IPv6 notation, and an IPv6
/// network other than ::/0 that contains every IPv4 address.
[[nodiscard]] inline std::string network_fault(std::string_view text) {
    const std::string given(text);
    const size_t slash = text.find('/');
    const std::optional<Address> address = Address::parse(text.substr(0, slash));
    if (!address)
        return "expected an IPv4 or IPv6 address or network like 10.0.0.0/8, found '" + given + "'";
    const std::optional<detail::Network> network = detail::parse_network(text);
    if (!network)
        return "expected a prefix length from 0 to " + std::to_string(address->four() ? 32 : 128) +
               " behind the '/' of '" + given + "'";
    if (!network->has_length) return {};
    if (const Address four = address->canonical(); four.four() && !address->four()) {
        const int bits = network->bits >= 96 ? network->bits - 96 : network->bits;
        return "'" + given + "' is an IPv4 network in IPv6 notation: write " +
               (bits <= 32 ? four.masked(bits).text() + "/" + std::to_string(bits)
                           : std::string("the IPv4 network"));
    }
    if (address->masked(network->bits).text() != address->text())
        return "'" + given + "' has bits set behind its prefix: write " + network->text() +
               " for the network, or " + address->text() + " for the address";
    if (!address->four() && network->bits > 0 && network->bits <= 80 && address->text() == "::")
        return "'" + given +
               "' holds every IPv4 address: write ::/0 for any address, 0.0.0.0/0 for any of IPv4";
    return {};
}

/// The canonical text of an address or network that network_fault accepts: IPv6 in lower case with
/// zeros compressed (RFC 5952), an IPv4 address in IPv6 notation as IPv4. Other text is returned as
/// it is.
[[nodiscard]] inline std::string canonical_network(std::string_view text) {
    const std::optional<detail::Network> network = detail::parse_network(text);
    if (!network) return std::string(text);
    return network->has_length ? network->text() : network->address.canonical().text();
}

/// Whether the network `outer` contains every address of the network `inner`. Both may be
/// addresses. False when one of them is neither.
[[nodiscard]] inline bool network_within(std::string_view inner, std::string_view outer) {
    const auto narrow = detail::parse_network(inner);
    const auto wide = detail::parse_network(outer);
    if (!narrow || !wide) return false;
    const int narrow_bits = narrow->bits + (narrow->address.four() ? 96 : 0);
    const int wide_bits = wide->bits + (wide->address.four() ? 96 : 0);
    return narrow_bits >= wide_bits && narrow->address.in(outer);
}

}  // namespace ezapi
