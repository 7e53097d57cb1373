// A data plane's view: answers from Redis alone whether a token may call a model and which
// upstreams may serve it.
//
// Order of the rules: token known, active, not expired, within its quota; master known, active, its
// epoch not past the token's; address not denied and among those allowed; namespace allowed to the
// token (else to the master), known and active, the default one where the model names none; model
// allowed and not denied; binding known and active; candidates of the token's route group (else of
// `default`) that are active and resolved, with their upstreams whose provider is active.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/redis_reader.hpp"

namespace ezapi::tests {

/// Lower-case hex SHA-256.
[[nodiscard]] std::string sha256_hex(const std::string& text);

/// One decision in a form that two independent ways to it can be compared by.
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

    /// `ip` empty: the lists of addresses are left out.
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
