// Whether two records under one request id of a master are one: a client that had no answer sends
// its record again as it was. All that statistics count is compared, and the time where the record
// says it; what only describes the request is not.
#pragma once

#include <cstddef>
#include <string_view>

#include "ezapi/db.hpp"
#include "rows/row_block.hpp"

namespace ezapi::logs {

/// Of request_logs, as difference_to_stored reads them.
inline constexpr std::string_view kComparedColumns =
    "request_id, coalesce(master_id, 0), coalesce(key_id, 0), coalesce(provider_group_id, 0),"
    " coalesce(provider_id, 0), tokens_in, tokens_out, cached_tokens, cost_nano, latency_ms,"
    " status_code, namespace, model, (extract(epoch FROM created_at) * 1000000)::bigint";

/// The first field in which the records differ; nullptr: in none.
[[nodiscard]] const char* difference(const RowRef& first, const RowRef& second);

/// The same of a record and a row of kComparedColumns.
[[nodiscard]] const char* difference_to_stored(const RowRef& ref, const Rows& stored, size_t row);

}  // namespace ezapi::logs
