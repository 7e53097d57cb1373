// Writes the operation log: for each change of a transaction one row, inside that transaction. An
// operation and its row exist together or not at all.
#pragma once

#include "ezapi/plugin.hpp"

namespace ezapi::logs {

/// Subscriber of all changes in phase EZ_AUDIT. Entities that were merely touched leave no row.
void record_operations(const Host& host, Tx& tx, Changes changes);

/// The changes as the JSON array that the statement reads; empty: nothing to write.
[[nodiscard]] std::string operations_json(Changes changes);

/// "admin", "master", "internal", "public", or "system" for what no request caused.
[[nodiscard]] std::string_view actor_kind(const ez_origin& origin);

}  // namespace ezapi::logs
