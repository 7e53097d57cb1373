// How a range of time is put together from what is summed up already: whole weeks, days and hours,
// and what is left at its edges. Pure arithmetic; every instant of the range is covered once.
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

/// What is summed up: the beginnings of weeks, days and hours, ascending.
struct SummedUp {
    std::vector<Timestamp> weeks = {};
    std::vector<Timestamp> days = {};
    std::vector<Timestamp> hours = {};
};

/// What sums up a range of whole hours, and the spans of whole hours that nothing sums up.
struct Cover : SummedUp {
    std::vector<TimeSpan> loose = {};
};

/// A week or a day counts only when all of it is in range, a day or an hour only where nothing
/// longer covers it.
[[nodiscard]] Cover cover(const TimeSpan& whole, const SummedUp& there);

}  // namespace ezapi::logs
