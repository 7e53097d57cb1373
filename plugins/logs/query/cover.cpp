#include "query/cover.hpp"

#include <algorithm>

namespace ezapi::logs {
namespace {

constexpr std::chrono::hours kHour{1};
constexpr std::chrono::hours kDay{24};

}  // namespace

Timestamp hour_of(Timestamp time) {
    return std::chrono::floor<std::chrono::hours>(time);
}

Timestamp hour_after(Timestamp time) {
    return std::chrono::ceil<std::chrono::hours>(time);
}

TimeSpan whole_hours(const TimeSpan& range) {
    return {hour_after(range.from), hour_of(range.to)};
}

std::vector<TimeSpan> edges(const TimeSpan& range) {
    if (range.empty()) return {};
    const TimeSpan whole = whole_hours(range);
    if (whole.from > whole.to) return {range};  // inside one hour
    std::vector<TimeSpan> out;
    for (const TimeSpan& edge : {TimeSpan{range.from, whole.from}, TimeSpan{whole.to, range.to}}) {
        if (!edge.empty()) out.push_back(edge);
    }
    return out;
}

Cover cover(const TimeSpan& whole,
            const std::vector<Timestamp>& days,
            const std::vector<Timestamp>& hours) {
    Cover out;
    for (const Timestamp day : days) {
        if (day >= whole.from && day + kDay <= whole.to) out.days.push_back(day);
    }
    const auto in_a_day = [&](Timestamp hour) {
        return std::binary_search(out.days.begin(),
                                  out.days.end(),
                                  Timestamp(std::chrono::floor<std::chrono::days>(hour)));
    };
    for (const Timestamp hour : hours) {
        if (hour >= whole.from && hour + kHour <= whole.to && !in_a_day(hour))
            out.hours.push_back(hour);
    }
    // The summed up spans in order of time; what lies between them is loose.
    Timestamp reached = whole.from;
    auto day = out.days.begin();
    auto hour = out.hours.begin();
    const auto pass = [&](Timestamp starts, std::chrono::hours length) {
        if (starts > reached) out.loose.push_back({reached, starts});
        reached = starts + length;
    };
    while (day != out.days.end() || hour != out.hours.end()) {
        const bool take_day = hour == out.hours.end() || (day != out.days.end() && *day < *hour);
        take_day ? pass(*day++, kDay) : pass(*hour++, kHour);
    }
    if (reached < whole.to) out.loose.push_back({reached, whole.to});
    return out;
}

}  // namespace ezapi::logs
