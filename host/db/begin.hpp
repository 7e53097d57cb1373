// The text that begins a transaction: BEGIN and its local settings, in one round trip.
#pragma once

#include <chrono>
#include <string>

#include "ezapi/abi.h"

namespace ezapi::host::db {

struct BeginStatement {
    std::string sql;
    std::chrono::milliseconds statement_timeout{0};  // zero: the pool's own
};

/// NULL: the defaults. Throws EZ_INVALID for an unknown isolation level. Reads no further than
/// `options->size`.
[[nodiscard]] BeginStatement begin_statement(const ez_tx_options* options);

}  // namespace ezapi::host::db
