// Gaps of the operation log: transactions that changed entities while no plugin kept the audit, as
// the host noted them in ez_unaudited_changes. Each is taken over into the operation log, as a row
// of the resource "audit-gaps", so that the chain covers the evidence, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ezapi/jobs.hpp"
#include "ezapi/plugin.hpp"

namespace ezapi::logs {

inline constexpr const char* kGapResource = "audit-gaps";

struct Gaps {
    std::int64_t total = 0;
    Json data = Json::array();  // the first kNamedGaps, oldest first
};

inline constexpr std::int64_t kNamedGaps = 100;

/// Those with a greater id than `after`.
[[nodiscard]] Gaps gaps_after(Tx& tx, std::int64_t after);

/// The operation whose evidence was deleted; none: all is there.
[[nodiscard]] std::optional<std::int64_t> lost_gap(Tx& tx);

/// Writes the operations of those that have none yet.
void take_over_gaps(const Db& db, const Run& run);

[[nodiscard]] Json gaps_schema();

}  // namespace ezapi::logs
