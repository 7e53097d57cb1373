// The client's address behind proxies: X-Forwarded-For counts only as far as it was written by
// trusted proxies. Some add a port to the address, and brackets around IPv6.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ezapi/network.hpp"

namespace ezapi::host::http {

class Proxies {
public:
    Proxies() = default;
    /// Networks like "10.0.0.0/8", "fd00::/8" or single addresses. Throws EZ_INVALID.
    explicit Proxies(std::span<const std::string> networks);

    /// The client's address in canonical form: `peer`, or what trusted proxies say in
    /// `forwarded_for`.
    [[nodiscard]] std::string client_of(const std::string& peer,
                                        const std::optional<std::string>& forwarded_for) const;

    /// Whether the address of a peer is that of a trusted proxy.
    [[nodiscard]] bool is_proxy(const std::string& peer) const {
        const auto endpoint = parse_endpoint(peer);
        return endpoint && trusts(endpoint->address);
    }

    [[nodiscard]] bool empty() const noexcept { return networks_.empty(); }

private:
    [[nodiscard]] bool trusts(const Address& address) const {
        return address.in_any(networks_) != nullptr;
    }

    std::vector<std::string> networks_;
};

}  // namespace ezapi::host::http
