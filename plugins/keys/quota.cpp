#include "quota.hpp"

namespace ezapi::keys {

std::optional<Timestamp> next_reset(std::string_view period, Timestamp after) {
    using namespace std::chrono;
    const auto today = floor<days>(after);
    if (period == "daily") return today + days{1};
    if (period == "weekly") return today + days{8 - weekday{today}.iso_encoding()};
    if (period == "monthly") {
        const year_month_day date{today};
        return sys_days{(date.year() / date.month() + months{1}) / 1};
    }
    return std::nullopt;
}

std::string next_reset_sql(const std::string& period) {
    const auto from = [](const std::string& unit) {
        return "date_trunc('" + unit + "', now(), 'UTC') + interval '1 " + unit + "'";
    };
    return "CASE " + period + " WHEN 'daily' THEN " + from("day") + " WHEN 'weekly' THEN " +
           from("week") + " WHEN 'monthly' THEN " + from("month") + " END";
}

}  // namespace ezapi::keys
