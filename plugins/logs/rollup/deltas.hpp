// What a group of rows adds to the statistics: one row of request_log_hours for each combination of
// hour, master, key, namespace, model, provider group, provider and status class among them.
//
// They are appended, never added to an existing row: where many keys use many models an upsert for
// each combination costs as much as the records themselves, while appended rows are folded later,
// off the path of the clients.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rows/row_block.hpp"

namespace ezapi::logs {

inline constexpr const char* kCopyHours =
    "COPY request_log_hours (hour, master_id, key_id, provider_group_id, provider_id, requests,"
    " errors, tokens_in, tokens_out, tokens_cached, cost_nano, latency_sum_ms, status_class, "
    "folded,"
    " namespace, model, latency) FROM STDIN (FORMAT binary)";

inline constexpr std::int64_t kHourUs = 3'600'000'000;

/// The beginning of the hour, for times before 1970 too.
[[nodiscard]] inline std::int64_t hour_of(std::int64_t unix_us) {
    const std::int64_t rest = unix_us % kHourUs;
    return unix_us - (rest < 0 ? rest + kHourUs : rest);
}

/// The hours of the rows, ascending.
[[nodiscard]] std::vector<std::int64_t> hours_of(std::span<const RowRef> rows);

/// A whole binary COPY for kCopyHours, of the rows that are new.
[[nodiscard]] std::string deltas_of(std::span<const RowRef> rows);

}  // namespace ezapi::logs
