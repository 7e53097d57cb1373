// Writes the operation log: one row for each change, in the transaction of the change, so that both
// are committed or neither.
#pragma once

#include "ezapi/plugin.hpp"

namespace ezapi::logs {

/// Subscriber to all changes in Phase::audit. Entities that were only touched get no row.
void record_operations(Tx& tx, Changes changes);

/// The changes as the JSON array that the statement reads; empty when there is nothing to write.
[[nodiscard]] std::string operations_json(Changes changes);

}  // namespace ezapi::logs
