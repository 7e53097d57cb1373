// Which reports have been counted. A report is counted in the transaction that stores its sequence
// number, so that both are committed or neither; of two concurrent copies, the second waits at the
// unique key.
//
// Old numbers are deleted, but are never accepted again: first the floor of the epoch is raised
// above them, and a number at or below the floor that is not stored is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "counters/report.hpp"
#include "ezapi/db.hpp"
#include "ezapi/jobs.hpp"

namespace ezapi::logs {

/// Sequence numbers of an epoch that have not arrived, both bounds inclusive.
struct SequenceGap {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

struct Admission {
    bool duplicate = false;
    std::string unknown = "[]";  // of a duplicate: the items that named no token at the time
    std::optional<SequenceGap> gap = std::nullopt;  // directly below this number
};

/// Stores the report's number. Throws 409 when it was used for a different body or is too old.
[[nodiscard]] Admission admit(Tx& tx, const CounterReport& report);

/// Stores the items that named no token, for the answers to duplicates.
void note_unknown(Tx& tx, const CounterReport& report, const std::string& unknown);

/// Deletes numbers older than `days`, in bounded batches.
void forget_sequences(const Db& db, std::int64_t days, const Run& run);

}  // namespace ezapi::logs
