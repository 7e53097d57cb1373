#include "query/range_query.hpp"

#include <algorithm>

#include "ezapi/range.hpp"
#include "ezapi/resource/schema.hpp"

namespace ezapi::logs {
namespace {

constexpr std::chrono::days kUsual{30};

}  // namespace

TimeSpan read_range(const Request& request, Timestamp now) {
    TimeSpan range;
    const auto to = request.query("to");
    const auto from = request.query("from");
    range.to = to ? query_time("to", *to, RangeEnd::behind) : hour_of(now) + std::chrono::hours(1);
    range.from = from
                     ? query_time("from", *from, RangeEnd::first)
                     : std::max(kEarliestTime,
                                Timestamp(std::chrono::ceil<std::chrono::days>(range.to) - kUsual));
    check_range(range.from, range.to);
    return range;
}

Operation&& with_range(Operation&& operation) {
    return std::move(operation)
        .query("from",
               range_end_schema(),
               "Beginning of the range, a time or a date; usually the day 29 days before its end")
        .query("to",
               range_end_schema(),
               "End of the range: a time, which it does not contain, or a date, which it does; "
               "usually the end of the current hour");
}

}  // namespace ezapi::logs
