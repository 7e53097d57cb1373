// Cross-origin rules (the Fetch standard) from a list of origins. Credentials travel in the
// Authorization header and never in cookies, so "*" is safe and credentialed requests are never
// allowed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/http/wire/reply.hpp"

namespace ezapi::host::http {

class Cors {
public:
    /// "*", or origins like "https://console.example", separated by commas; empty: no other origin.
    /// Throws EZ_INVALID.
    explicit Cors(std::string_view origins);

    /// Adds the headers that let a page of `origin` read the reply.
    void allow(const std::optional<std::string>& origin, Reply& reply) const;

    /// The same for a preflight of a path with these methods.
    void allow_preflight(const std::optional<std::string>& origin,
                         std::string_view methods,
                         Reply& reply) const;

private:
    [[nodiscard]] bool add_origin(const std::optional<std::string>& origin, Reply& reply) const;

    bool any_ = false;
    std::vector<std::string> origins_;
};

}  // namespace ezapi::host::http
