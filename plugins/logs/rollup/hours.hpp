// The hours of request_log_hours in memory, one entry per combination. Read from the table itself,
// to fold appended rows, or computed from the records, to verify it.
#pragma once

#include <string>
#include <unordered_map>

#include "ezapi/db.hpp"
#include "rollup/figures_row.hpp"

namespace ezapi::logs {

/// The key is the binary form of the columns that make up a combination, ready for COPY.
using Combinations = std::unordered_map<std::string, Figures>;

/// A part of an hour's combinations: those whose key_id modulo the number of parts equals `rest`.
struct Slice {
    std::int64_t of = 1;
    std::int64_t rest = 0;
};

[[nodiscard]] Combinations read_hour(Tx& tx, Timestamp hour, Slice slice);
[[nodiscard]] Combinations recompute_hour(Tx& tx, Timestamp hour, Slice slice);

/// Replaces the rows of the slice that the transaction sees by `combinations`.
void replace_hour(Tx& tx, Timestamp hour, Slice slice, const Combinations& combinations);

/// Begins a transaction that changes stored hours other than by appending. Such transactions are
/// serialized across all processes, so it may wait for another one, longer than the pool's lock
/// timeout.
[[nodiscard]] Tx begin_upkeep(const Db& db, TxOptions options);

}  // namespace ezapi::logs
