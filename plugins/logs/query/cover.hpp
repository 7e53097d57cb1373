// Splits a time range into whole weeks, days and hours that have summaries, whole hours without,
// and the remainders at its edges. Pure arithmetic; every instant of the range is covered exactly
// once.
#pragma once

#include <vector>

#include "ezapi/time.hpp"

namespace ezapi::logs {

/// Half-open: [from, to).
struct TimeSpan {
    Timestamp from;
    Timestamp to;

    [[nodiscard]] bool empty() const { return from >= to; }

    friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

[[nodiscard]] Timestamp hour_of(Timestamp time);     // its start
[[nodiscard]] Timestamp hour_after(Timestamp time);  // the first start at or after it

/// The whole hours of a range; possibly empty.
[[nodiscard]] TimeSpan whole_hours(const TimeSpan& range);

/// The parts of a range outside its whole hours.
[[nodiscard]] std::vector<TimeSpan> edges(const TimeSpan& range);

/// The summaries that exist: the starts of weeks, days and hours, ascending.
struct SummedUp {
    std::vector<Timestamp> weeks = {};
    std::vector<Timestamp> days = {};
    std::vector<Timestamp> hours = {};
};

/// The summaries that make up a range of whole hours, and the whole hours without a summary.
struct Cover : SummedUp {
    std::vector<TimeSpan> loose = {};
};

/// A week or a day is used only when all of it is in range, a day or an hour only when no longer
/// span covers it.
[[nodiscard]] Cover cover(const TimeSpan& whole, const SummedUp& there);

}  // namespace ezapi::logs
