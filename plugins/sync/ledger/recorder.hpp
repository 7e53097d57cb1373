// The first step of a delivery, inside the transaction of the change itself: which entities Redis
// must hear of, and under which revision. See recorder.cpp for the rule of revisions.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "ezapi/changes.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

/// The entities of live projections among the changes, each once, in order.
[[nodiscard]] Entities concerned(Changes changes, const std::set<std::string, std::less<>>& live);

/// Gives each entity its next revision and notes them under the greatest, which is returned.
/// `entities` is sorted; without any the change has a revision all the same, and is applied.
[[nodiscard]] std::int64_t record(Tx& tx, const Entities& entities);

}  // namespace ezapi::sync
