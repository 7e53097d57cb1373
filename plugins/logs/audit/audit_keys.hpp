// The keys that sign the links and the head of the operation log's hash chain. They are kept
// outside the database: in EZ_AUDIT_KEYS, or in a file of the state directory that is created at
// the first start.
//
// An instance without the key of the chain records operations, but neither seals nor verifies them.
// The file is created only if the chain was never signed: a second key would hide that the first
// one is missing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ezapi/plugin.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::logs {

/// The end of the chain, as stored in the database.
struct ChainHead {
    std::int64_t position = 0;
    std::string hash;
    std::int64_t sealed_at_us = 0;  // microseconds since the epoch; 0: never
    std::int64_t keyed_from = 0;    // first signed position; 0: none
    std::string key_id;             // empty: never signed
    std::string signature;
};

class AuditKeys {
public:
    explicit AuditKeys(sealing::Keyring ring) : ring_(std::move(ring)) {}

    AuditKeys() = default;

    /// Loads the keys from the settings or the file. Throws EZ_INVALID for an invalid setting; logs
    /// an error and returns no keys when the file is unusable.
    [[nodiscard]] static AuditKeys load(const Host& host, bool may_make);

    [[nodiscard]] bool can_sign() const { return ring_.has_value(); }

    [[nodiscard]] bool knows(std::string_view id) const { return ring_ && ring_->knows(id); }

    /// The id of the key that signs. Precondition: can_sign().
    [[nodiscard]] const std::string& current() const { return ring_->first_id(); }

    /// Throws EZ_UNAVAILABLE when the key is not in the ring.
    [[nodiscard]] std::string link(std::string_view before,
                                   std::string_view canonical,
                                   std::string_view key_id) const;
    [[nodiscard]] std::string signature(const ChainHead& head) const;

private:
    std::optional<sealing::Keyring> ring_;
};

/// The columns of operation_chain_head (alias `head`) that read_head() expects.
inline constexpr std::string_view kHeadColumns =
    "head.position, head.hash, "
    "coalesce((extract(epoch FROM head.sealed_at) * 1000000)::bigint, 0), "
    "coalesce(head.keyed_from, 0), coalesce(head.key_id, ''), coalesce(head.signature, '')";

[[nodiscard]] ChainHead read_head(const Rows& rows);

}  // namespace ezapi::logs
