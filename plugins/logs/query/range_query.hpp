// The time range of the statistics routes, from the query string; half-open.
#pragma once

#include "ezapi/http.hpp"
#include "query/cover.hpp"

namespace ezapi::logs {

/// Defaults: the range ends with the current hour and begins with the day 29 days before its end.
/// Throws 400 for an invalid range.
[[nodiscard]] TimeSpan read_range(const Request& request, Timestamp now);

[[nodiscard]] Operation&& with_range(Operation&& operation);

/// The accuracy of the statistics of a range, for API descriptions.
inline constexpr const char* kRangeText =
    "from and to may be any time. Whole days and hours come from rollups; what is left at the "
    "edges "
    "of a range that does not begin or end on the hour comes from the records themselves, so that "
    "the figures are exact. Where retention has deleted those records, an hour that the range "
    "touches counts as a whole. Latency quantiles are within 5 % of the exact ones.";

}  // namespace ezapi::logs
