#include "host/http/proxies.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "ezapi/error.hpp"
#include "host/http/syntax.hpp"

namespace ezapi::host::http {

namespace {

bool same_network(std::span<const uint8_t, 16> left,
                  std::span<const uint8_t, 16> right,
                  unsigned bits) {
    for (size_t i = 0; i < 16 && bits > 0; ++i) {
        const unsigned part = std::min(bits, 8U);
        const unsigned mask = (0xFFU << (8U - part)) & 0xFFU;
        if (((left[i] ^ right[i]) & mask) != 0) return false;
        bits -= part;
    }
    return true;
}

}  // namespace

Proxies::Proxies(std::span<const std::string> networks) {
    for (const auto& text : networks) {
        const auto slash = text.find('/');
        const auto address = parse(text.substr(0, slash));
        const bool is_v4 = text.find(':') == std::string::npos;
        const unsigned most = is_v4 ? 32 : 128;
        const auto bits = slash == std::string::npos
                              ? std::optional<uint64_t>(most)
                              : decimal(std::string_view(text).substr(slash + 1));
        if (!address || !bits || *bits > most) {
            throw Error(
                EZ_INVALID,
                "trusted proxy '" + text + "': expected an address or a network like 10.0.0.0/8");
        }
        networks_.push_back({*address, static_cast<unsigned>(*bits) + (is_v4 ? 96U : 0U)});
    }
}

std::string Proxies::client_of(const std::string& peer,
                               const std::optional<std::string>& forwarded_for) const {
    std::string client = peer;
    if (networks_.empty() || !forwarded_for) return client;
    const auto hops = list_of(*forwarded_for);
    for (auto hop = hops.rbegin(); hop != hops.rend() && trusts(client); ++hop) {
        if (!parse(std::string(*hop))) break;
        client = *hop;
    }
    return client;
}

std::optional<Proxies::Address> Proxies::parse(const std::string& text) {
    Address address{};
    if (::inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
    address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (::inet_pton(AF_INET, text.c_str(), address.data() + 12) == 1) return address;
    return std::nullopt;
}

bool Proxies::trusts(const std::string& text) const {
    const auto address = parse(text);
    return address && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
               return same_network(*address, network.address, network.bits);
           });
}

}  // namespace ezapi::host::http
