// The quota that all tokens of a master share: tokens and requests until the next reset. Its limits
// are fields of the master. What is used stands in a table of its own, master_usage, which has a
// row for each master with a limit: counting locks that row and never the master's, so that tokens
// are issued and changed while reports are counted.
//
// Order of locks: master, tokens, master_usage.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ezapi/resource/resource.hpp"
#include "ezapi/services/masters.h"

namespace ezapi::masters {

/// The fields of a master that are its quota.
[[nodiscard]] std::vector<Field> quota_fields();

/// Makes the row of a new master, where it has a limit.
void begin_quota(Tx& tx, const Record& master);

/// Lets the row follow a change of the limits, before the master's own row is written.
void follow_limits(Tx& tx, const Draft& draft);

/// An expression over a row of masters: whether its quota is used up.
extern const char* const kExhausted;

/// See ez_masters_v1::use. Returns the masters that became exhausted or usable again.
[[nodiscard]] std::vector<std::int64_t> use(Tx& tx, const Strided<ez_master_usage>& usage);

struct Reset {
    std::vector<std::int64_t> usable;  // were exhausted
    bool more = false;
};

/// See ez_masters_v1::reset.
[[nodiscard]] Reset reset(Tx& tx, std::int64_t most);

}  // namespace ezapi::masters
