#include "network.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace ezapi::keys {

std::string network_fault(std::string_view text) {
    const size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    int widest = 0;
    if (address.find('\0') != std::string::npos) return "the character NUL is not allowed";
    if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
        widest = 32;
    } else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
        widest = 128;
    } else {
        return "expected an IPv4 or IPv6 address or network like 10.0.0.0/8, found '" +
               std::string(text) + "'";
    }
    if (slash == std::string_view::npos) return {};
    const std::string_view length = text.substr(slash + 1);
    int bits = -1;
    const auto [end, fault] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (fault == std::errc{} && end == length.data() + length.size() && bits >= 0 && bits <= widest)
        return {};
    return "expected a prefix length from 0 to " + std::to_string(widest) + " behind the '/' of '" +
           std::string(text) + "'";
}

}  // namespace ezapi::keys
