// GET /admin/operation-logs/verify: computes the chain anew and compares. What each kind of
// tampering leaves behind:
//
//     altered   a row, its place or a link was changed: the link computed is another one
//     missing   a row was deleted, its place is still there
//     gap       places were deleted in the middle
//     tail      the end was cut off: the head, which is kept elsewhere, is further
//     unsealed  a row was slipped in among transactions that are sealed already
//     anchor    the link at a place is not the one that the caller has kept
//
// Whoever may change every table can make a chain that is whole in itself; the last kind finds
// that, given a head that an operator keeps elsewhere.
//
// One call looks at a bounded part, in slices, and says where the next begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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
};

struct ChainState {
    std::int64_t sealed = 0;
    std::int64_t waiting = 0;
    std::string hash = {};
    std::optional<Timestamp> sealed_at = {};
    std::int64_t to = 0;                    // last place looked at
    std::optional<std::int64_t> next = {};  // where to go on; none: that was all
    std::optional<ChainBreak> broken = {};
};

class Verification {
public:
    explicit Verification(Db db) : db_(std::move(db)) {}

    [[nodiscard]] ChainState verify(const ChainPart& part) const;

    /// Must outlive the route.
    void serve(Host& host) const;

private:
    Db db_;
};

}  // namespace ezapi::logs
