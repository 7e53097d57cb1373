// The ends of a range of time as a query says them: a time, or a date alone, which is the whole
// day. Half-open ranges, UTC.
//
//     parse_range_end("2026-01-31", RangeEnd::first)   // 2026-01-31T00:00:00Z
//     parse_range_end("2026-01-31", RangeEnd::behind)  // 2026-02-01T00:00:00Z
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ezapi/time.hpp"

namespace ezapi {

enum class RangeEnd {
    first,   // of the range: `from`
    behind,  // the range: `to`
};

/// What a refusal of another text says that it expected.
inline constexpr const char* kRangeEndForm =
    "a time like 2026-01-02T03:04:05Z, or a date like 2026-01-02";

[[nodiscard]] inline std::optional<Timestamp> parse_range_end(std::string_view text, RangeEnd end) {
    constexpr size_t kDate = std::string_view("2026-01-02").size();
    if (text.size() != kDate) return parse_time(text);
    const auto day = parse_time(std::string(text) + "T00:00:00Z");
    if (!day || end == RangeEnd::first) return day;
    const auto last = parse_time(std::string(text) + "T23:59:59.999999Z");
    // No time behind the year 9999 can be written.
    return text == "9999-12-31" ? last : *last + std::chrono::microseconds(1);
}

}  // namespace ezapi
