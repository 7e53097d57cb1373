// How a range of time is put together from what is summed up already: whole days, whole hours, and
// what is left at its edges. Pure arithmetic; every instant of the range is covered once.
#pragma once

#include <vector>

#include "ezapi/time.hpp"

namespace ezapi::logs {

/// Half-open.
struct TimeSpan {
    Timestamp from;
    Timestamp to;

    [[nodiscard]] bool empty() const { return from >= to; }

    friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

[[nodiscard]] Timestamp hour_of(Timestamp time);     // its beginning
[[nodiscard]] Timestamp hour_after(Timestamp time);  // the first beginning at or after it

/// The whole hours of a range; may be empty.
[[nodiscard]] TimeSpan whole_hours(const TimeSpan& range);

/// What of a range lies outside its whole hours.
[[nodiscard]] std::vector<TimeSpan> edges(const TimeSpan& range);

/// The days and hours (their beginnings, ascending) that sum up a range of whole hours, and the
/// spans of whole hours that nothing sums up.
struct Cover {
    std::vector<Timestamp> days = {};
    std::vector<Timestamp> hours = {};
    std::vector<TimeSpan> loose = {};
};

/// `days` and `hours` are what there is, ascending. A day counts only when all of it is in range,
/// an hour only where no day covers it.
[[nodiscard]] Cover cover(const TimeSpan& whole,
                          const std::vector<Timestamp>& days,
                          const std::vector<Timestamp>& hours);

}  // namespace ezapi::logs
