// The quota that all tokens of a master share: tokens and requests until the next reset. Its limits
// are fields of the master. Usage is stored in a separate table, master_usage, with a row for each
// master that has a limit. Counting locks that row and never the master's, so that tokens can be
// issued and changed while reports are counted.
//
// Lock order: masters, tokens, master_usage.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ezapi/resource/resource.hpp"
#include "ezapi/services/masters.h"

namespace ezapi::masters {

/// The fields of a master that define its quota.
[[nodiscard]] std::vector<Field> quota_fields();

/// Creates the usage row of a new master, if it has a limit.
void begin_quota(Tx& tx, const Record& master);

/// Updates the usage row for changed limits, before the master's own row is written.
void follow_limits(Tx& tx, const Draft& draft);

/// An SQL expression over a row of masters: true when its quota is used up.
extern const char* const kExhausted;

/// See ez_masters_v1::use. Returns the masters that became exhausted or usable again.
[[nodiscard]] std::vector<std::int64_t> use(Tx& tx, const Strided<ez_master_usage>& usage);

struct Reset {
    std::vector<std::int64_t> usable;  // masters that were exhausted
    bool more = false;
};

/// See ez_masters_v1::reset.
[[nodiscard]] Reset reset(Tx& tx, std::int64_t most);

}  // namespace ezapi::masters
