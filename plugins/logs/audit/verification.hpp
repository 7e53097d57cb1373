// GET /admin/operation-logs/verify: computes the chain again and compares. What each kind of
// tampering leaves behind:
//
//     altered   a row, its place or a link was changed: the link computed is another one
//     missing   a row was deleted, its place is still there
//     gap       places were deleted in the middle
//     tail      the end was cut off: the head, which is kept elsewhere, is further
//     unsealed  a row was slipped in among transactions that are sealed already
//     unkeyed   a link is not signed although those before it are
//     head      the signature of the head is wrong or gone
//     key       a link or the head is signed with a key that this server does not have
//     evidence  a row that tells of changes without audit was deleted or changed
//     anchor    the link at a place is not the one that was kept outside the database
//
// Who can write every table but has no audit key can do no more than put an earlier state of all of
// them back; the last kind finds that. The server keeps anchors in its state directory; the caller
// may send one that is kept elsewhere.
//
// One call looks at a bounded part, in slices, and says where the next begins.
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
    std::int64_t position = 0;  // 0: not of a place
    std::optional<std::int64_t> operation_id = {};
    std::string detail = {};
};

/// Which part is asked for.
struct ChainPart {
    std::int64_t from = 1;
    std::int64_t limit = 0;
    std::optional<std::int64_t> anchor_position = {};
    std::string anchor_hash = {};
    std::int64_t gaps_after = 0;  // gaps up to this one are known
};

struct ChainState {
    std::int64_t sealed = 0;
    std::int64_t waiting = 0;
    std::string hash = {};
    std::optional<Timestamp> sealed_at = {};
    std::int64_t to = 0;                    // last place looked at
    std::optional<std::int64_t> next = {};  // where to go on; none: that was all
    std::optional<ChainBreak> broken = {};
    std::int64_t keyed_from = 0;        // first position with a signed link; 0: none
    std::string key_id = {};            // that signed the head
    std::optional<Anchor> anchor = {};  // the last one of this server
    Gaps gaps = {};

    /// Nothing was tampered with, and no change was made without audit.
    [[nodiscard]] bool intact() const { return !broken && gaps.total == 0; }
};

class Verification {
public:
    /// `keys` and `anchors` must outlive it.
    Verification(Db db, const AuditKeys& keys, const Anchors& anchors)
        : db_(std::move(db)), keys_(keys), anchors_(anchors) {}

    [[nodiscard]] ChainState verify(const ChainPart& part) const;

    /// How the chain differs from an anchor that was kept; nothing: it holds it.
    [[nodiscard]] std::optional<ChainBreak> held_against(const Anchor& anchor) const;

    /// Must outlive the route.
    void serve(Host& host) const;

private:
    Db db_;
    const AuditKeys& keys_;
    const Anchors& anchors_;
};

}  // namespace ezapi::logs
