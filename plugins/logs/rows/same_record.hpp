// Decides whether two records with the same identity are the same record: a client without an
// answer sends its record again unchanged. Compares everything that statistics count, and the time
// if the record contains it; fields that only describe the request are not compared.
#pragma once

#include <cstddef>
#include <string_view>

#include "ezapi/db.hpp"
#include "rows/row_block.hpp"

namespace ezapi::logs {

/// The columns of request_logs that difference_to_stored expects.
inline constexpr std::string_view kComparedColumns =
    "request_id, coalesce(master_id, 0), coalesce(key_id, 0), coalesce(provider_group_id, 0),"
    " coalesce(provider_id, 0), tokens_in, tokens_out, cached_tokens, cost_nano, latency_ms,"
    " status_code, namespace, model, (extract(epoch FROM created_at) * 1000000)::bigint";

/// The first field in which the records differ; nullptr if there is none.
[[nodiscard]] const char* difference(const RowRef& first, const RowRef& second);

/// The same for a record and a row with the columns kComparedColumns.
[[nodiscard]] const char* difference_to_stored(const RowRef& ref, const Rows& stored, size_t row);

}  // namespace ezapi::logs
