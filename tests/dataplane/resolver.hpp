// The data plane's decision: determines from Redis alone whether a token may call a model and which
// upstreams may serve it.
//
// Order of the rules: token known, active, not expired, within its quota; master known, active, its
// epoch not later than the token's; address not denied and among those allowed; namespace (the
// default one when the model names none) allowed to the token, else to the master, known and
// active; model allowed and not denied; binding known and active; active and resolved candidates of
// the token's route group (else of `default`), with upstreams whose provider is active.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/redis_reader.hpp"

namespace ezapi::tests {

/// Lower-case hex SHA-256.
[[nodiscard]] std::string sha256_hex(const std::string& text);

/// A decision in a form in which results of independent implementations can be compared.
struct Decision {
    std::string refusal;  // empty: allowed
    /// "group_id/route_group/weight" -> API key id -> upstream model
    std::map<std::string, std::map<std::string, std::string>> candidates;

    [[nodiscard]] bool operator==(const Decision&) const = default;
    [[nodiscard]] std::string text() const;
};

class Resolver {
public:
    Resolver(uint16_t redis_port, std::int64_t now) : redis_(redis_port), now_(now) {}

    /// With an empty `ip` the address lists are not evaluated.
    [[nodiscard]] Decision resolve(const std::string& token,
                                   const std::string& model,
                                   const std::string& ip = {});

private:
    using Hash = std::map<std::string, std::string>;

    [[nodiscard]] std::string refuse_token(const Hash& token, const Hash& master) const;
    [[nodiscard]] static std::string refuse_address(const Hash& token, const std::string& ip);
    [[nodiscard]] static std::string full_name(const Hash& token,
                                               const Hash& master,
                                               const std::string& model);
    void add_candidates(const std::string& binding,
                        const Hash& token,
                        const Hash& master,
                        Decision& decision);
    [[nodiscard]] bool provider_active(const std::string& key_id);

    RedisReader redis_;
    std::int64_t now_;
};

}  // namespace ezapi::tests
