// Who the client is when proxies stand in front: X-Forwarded-For is believed only as far as it was
// written by proxies that are trusted.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi::host::http {

class Proxies {
public:
    Proxies() = default;
    /// Networks like "10.0.0.0/8", "fd00::/8" or single addresses. Throws EZ_INVALID.
    explicit Proxies(std::span<const std::string> networks);

    /// The client's address: `peer`, or what trusted proxies say in `forwarded_for`.
    [[nodiscard]] std::string client_of(const std::string& peer,
                                        const std::optional<std::string>& forwarded_for) const;

    [[nodiscard]] bool empty() const noexcept { return networks_.empty(); }

private:
    using Address = std::array<uint8_t, 16>;  // IPv4 mapped into IPv6

    struct Network {
        Address address{};
        unsigned bits = 128;
    };

    [[nodiscard]] static std::optional<Address> parse(const std::string& text);
    [[nodiscard]] bool trusts(const std::string& address) const;

    std::vector<Network> networks_;
};

}  // namespace ezapi::host::http
