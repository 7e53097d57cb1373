// What became of a change: in Redis, and at each node of the data plane that reports itself.
#pragma once

#include <cstdint>

#include "ezapi/db.hpp"
#include "ezapi/json.hpp"
#include "nodes/node_reports.hpp"

namespace ezapi::sync {

/// Throws EZ_NOT_FOUND for a revision that is not known, or not any more.
[[nodiscard]] Json change_json(const Db& db, NodeReports& reports, std::int64_t revision);

[[nodiscard]] Json change_schema();

/// pending, applied or dead.
[[nodiscard]] Json state_schema();

}  // namespace ezapi::sync
