// Addresses and networks of the lists ip_allow and ip_deny.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::keys {

/// What is wrong with an address or a network in CIDR notation (RFC 4632, RFC 4291); empty:
/// nothing.
[[nodiscard]] std::string network_fault(std::string_view text);

}  // namespace ezapi::keys
