#include "host/http/policy/proxies.hpp"

#include "ezapi/error.hpp"
#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

Proxies::Proxies(std::span<const std::string> networks)
    : networks_(networks.begin(), networks.end()) {
    for (const std::string& network : networks_) {
        if (const std::string fault = network_fault(network); !fault.empty())
            throw Error(EZ_INVALID, "trusted proxy: " + fault);
    }
}

std::string Proxies::client_of(const std::string& peer,
                               const std::optional<std::string>& forwarded_for) const {
    if (networks_.empty() || !forwarded_for) return peer;
    std::optional<Endpoint> client = parse_endpoint(peer);
    if (!client) return peer;
    const auto hops = list_of(*forwarded_for);
    for (auto hop = hops.rbegin(); hop != hops.rend() && trusts(client->address); ++hop) {
        const std::optional<Endpoint> before = parse_endpoint(*hop);
        if (!before) break;
        client = before;
    }
    return client->address.text();
}

}  // namespace ezapi::host::http
