// The hours of request_log_hours in memory: one entry per combination. Read from the hours
// themselves, to fold what was appended, or from the records, to recompute them.
#pragma once

#include <string>
#include <unordered_map>

#include "ezapi/db.hpp"
#include "rollup/figures_row.hpp"

namespace ezapi::logs {

/// The key is the binary form of the columns that make a combination, ready for COPY.
using Combinations = std::unordered_map<std::string, Figures>;

/// A share of the combinations of an hour: those of which key_id leaves `rest` when divided.
struct Slice {
    std::int64_t of = 1;
    std::int64_t rest = 0;
};

[[nodiscard]] Combinations read_hour(Tx& tx, Timestamp hour, Slice slice);
[[nodiscard]] Combinations recompute_hour(Tx& tx, Timestamp hour, Slice slice);

/// Puts `combinations` in the place of what the transaction sees of the slice.
void replace_hour(Tx& tx, Timestamp hour, Slice slice, const Combinations& combinations);

/// Begins a transaction that changes what is stored of hours otherwise than by appending: one at a
/// time in all processes, so it waits for another, longer than the pool's connections wait for
/// locks.
[[nodiscard]] Tx begin_upkeep(const Db& db, TxOptions options);

}  // namespace ezapi::logs
