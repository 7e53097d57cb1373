// Which reports have been counted. A report is counted in the transaction that notes its number, so
// that both happen or neither; of two that race, the second waits for the first at the unique key.
//
// Numbers are forgotten after a while, but never become new again: the floor of an epoch rises
// above them first, and what is at or below the floor without being known is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "counters/report.hpp"
#include "ezapi/db.hpp"
#include "ezapi/jobs.hpp"

namespace ezapi::logs {

/// Numbers of an epoch that have not arrived, both inclusive.
struct SequenceGap {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

struct Admission {
    bool duplicate = false;
    std::string unknown = "[]";  // of a duplicate: what named no token when it was counted
    std::optional<SequenceGap> gap = std::nullopt;  // directly below the number
};

/// Notes the report's number. Throws 409 when it was used for another body, or is forgotten.
[[nodiscard]] Admission admit(Tx& tx, const CounterReport& report);

/// Keeps, for answers to duplicates, what named no token.
void note_unknown(Tx& tx, const CounterReport& report, const std::string& unknown);

/// Forgets numbers older than `days`, in bounded slices.
void forget_sequences(const Db& db, std::int64_t days, const Run& run);

}  // namespace ezapi::logs
