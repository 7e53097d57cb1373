// What a group of rows adds to the statistics: one row of request_log_hours for each combination of
// hour, master, key, namespace, model, provider group, provider and status class.
//
// These rows are appended, never added to existing ones: when many keys use many models, an upsert
// per combination costs as much as the records themselves. Appended rows are folded later, in the
// background.
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

/// The start of the hour; also correct for times before 1970.
[[nodiscard]] inline std::int64_t hour_of(std::int64_t unix_us) {
    const std::int64_t rest = unix_us % kHourUs;
    return unix_us - (rest < 0 ? rest + kHourUs : rest);
}

/// The hours of the rows, ascending.
[[nodiscard]] std::vector<std::int64_t> hours_of(std::span<const RowRef> rows);

/// A complete binary COPY for kCopyHours, from the rows that are new.
[[nodiscard]] std::string deltas_of(std::span<const RowRef> rows);

}  // namespace ezapi::logs
