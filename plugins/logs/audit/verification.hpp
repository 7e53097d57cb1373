// GET /admin/operation-logs/verify: recomputes the chain and compares it with what is stored. Each
// kind of tampering leads to a different finding:
//
//     altered   a row, its position or a link was changed: the recomputed link differs
//     missing   a row was deleted, but its position is still there
//     gap       positions in the middle were deleted
//     tail      the end was cut off: the head, which is stored separately, is further
//     unsealed  a row was inserted among transactions that are already sealed
//     unkeyed   a link is not signed although earlier ones are
//     head      the signature of the head is wrong or missing
//     key       a link or the head is signed with a key that this server does not have
//     evidence  a row about changes without audit was deleted or changed
//     anchor    the link at a position differs from the one that was kept outside the database
//
// An attacker who can write every table but has no audit key can at most restore an earlier state
// of all tables; the finding "anchor" detects that. The server keeps anchors in its state
// directory; a caller may pass one that is kept elsewhere.
//
// One call examines a bounded part, in slices, and returns where the next call continues.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/anchors.hpp"
#include "audit/audit_keys.hpp"
#include "audit/gaps.hpp"
#include "ezapi/plugin.hpp"

namespace ezapi::logs {

struct ChainBreak {
    std::string kind;
    std::int64_t position = 0;  // 0: not about a position
    std::optional<std::int64_t> operation_id = {};
    std::string detail = {};
};

/// The requested part of the chain.
struct ChainPart {
    std::int64_t from = 1;
    std::int64_t limit = 0;
    std::optional<std::int64_t> anchor_position = {};
    std::string anchor_hash = {};
    std::int64_t gaps_after = 0;  // only gaps with a greater id are reported
};

struct ChainState {
    std::int64_t sealed = 0;
    std::int64_t waiting = 0;
    std::string hash = {};
    std::optional<Timestamp> sealed_at = {};
    std::int64_t to = 0;                    // last position that was examined
    std::optional<std::int64_t> next = {};  // where to continue; none: this was the end
    std::optional<ChainBreak> broken = {};
    std::int64_t keyed_from = 0;        // first signed position; 0: none
    std::string key_id = {};            // the key that signed the head
    std::optional<Anchor> anchor = {};  // the last one of this server
    Gaps gaps = {};

    /// No tampering was found, and no change was made without audit.
    [[nodiscard]] bool intact() const { return !broken && gaps.total == 0; }
};

class Verification {
public:
    /// `keys` and `anchors` must outlive this object.
    Verification(Db db, const AuditKeys& keys, const Anchors& anchors)
        : db_(std::move(db)), keys_(keys), anchors_(anchors) {}

    [[nodiscard]] ChainState verify(const ChainPart& part) const;

    /// How the chain differs from the anchor; nullopt when it contains it.
    [[nodiscard]] std::optional<ChainBreak> held_against(const Anchor& anchor) const;

    /// This object must outlive the route.
    void serve(Host& host) const;

private:
    Db db_;
    const AuditKeys& keys_;
    const Anchors& anchors_;
};

}  // namespace ezapi::logs
