// Writes the operation log: for each change of a transaction one row, inside that transaction. An
// operation and its row exist together or not at all.
#pragma once

#include "ezapi/plugin.hpp"

namespace ezapi::logs {

/// Subscriber of all changes in Phase::audit. Entities that were merely touched leave no row.
void record_operations(Tx& tx, Changes changes);

/// The changes as the JSON array that the statement reads; empty: nothing to write.
[[nodiscard]] std::string operations_json(Changes changes);

}  // namespace ezapi::logs
