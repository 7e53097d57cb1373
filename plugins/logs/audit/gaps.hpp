// Gaps of the operation log: transactions that changed entities while no plugin recorded the audit.
// The host notes them in ez_unaudited_changes. Each is copied into the operation log as a row of
// the resource "audit-gaps", so that the chain covers this evidence as well.
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

/// The gaps with an id greater than `after`.
[[nodiscard]] Gaps gaps_after(Tx& tx, std::int64_t after);

/// The operation of a gap whose evidence was deleted from ez_unaudited_changes; nullopt: none.
[[nodiscard]] std::optional<std::int64_t> lost_gap(Tx& tx);

/// Writes an operation for each gap that has none yet.
void take_over_gaps(const Db& db, const Run& run);

[[nodiscard]] Json gaps_schema();

}  // namespace ezapi::logs
