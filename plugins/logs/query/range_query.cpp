#include "query/range_query.hpp"

#include "ezapi/resource/list.hpp"

namespace ezapi::logs {
namespace {

constexpr std::chrono::days kUsual{30};

Timestamp moment(std::string_view name, std::string_view text) {
    const auto time = parse_time(text);
    if (!time)
        throw detail::bad_query(
            name, "expected a time as RFC 3339, found '" + std::string(text.substr(0, 80)) + "'");
    return *time;
}

}  // namespace

TimeSpan read_range(const Request& request, Timestamp now) {
    TimeSpan range;
    const auto to = request.query("to");
    const auto from = request.query("from");
    range.to = to ? moment("to", *to) : hour_of(now) + std::chrono::hours(1);
    range.from = from ? moment("from", *from)
                      : Timestamp(std::chrono::ceil<std::chrono::days>(range.to) - kUsual);
    if (range.empty()) {
        throw detail::bad_query(from ? "from" : "to",
                                "expected a range of time, found " + format_time(range.from) +
                                    " to " + format_time(range.to));
    }
    return range;
}

Operation&& with_range(Operation&& operation) {
    return std::move(operation)
        .query(
            "from", time_schema(), "Beginning of the range; usually the day 29 days before its end")
        .query("to",
               time_schema(),
               "End of the range, which it does not contain; usually that of the current hour");
}

}  // namespace ezapi::logs
