// Times in requests: RFC 3339, Unix seconds or milliseconds, or a date. A date at the end of a
// range includes that day; elsewhere it means the start of the day. Ranges are half-open, all times
// UTC.
//
//     parse_range_end("2026-01-31", RangeEnd::first).value(),   // 2026-01-31T00:00:00Z
//     parse_range_end("2026-01-31", RangeEnd::behind).value()   // 2026-02-01T00:00:00Z
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ezapi/base/numbers.hpp"
#include "ezapi/json.hpp"
#include "ezapi/query.hpp"
#include "ezapi/time.hpp"

namespace ezapi {

enum class RangeEnd {
    first,   // `from`, inclusive
    behind,  // `to`, exclusive
};

/// The accepted forms, for messages.
inline constexpr const char* kTimeForms =
    "a time like 2026-01-02T03:04:05Z, a date like 2026-01-02, or Unix seconds or milliseconds "
    "from 1973 to 9999";

/// The smallest number that is accepted. A smaller one is more likely a year, or a date without
/// hyphens, than a time before March 1973.
inline constexpr std::int64_t kFirstUnixTime = 100'000'000;

[[nodiscard]] inline std::optional<Timestamp> parse_unix_time(std::int64_t number) {
    return number < kFirstUnixTime ? std::nullopt : unix_time(number);
}

[[nodiscard]] inline std::optional<Timestamp> parse_range_end(std::string_view text, RangeEnd end) {
    if (const auto number = parse_integer(text)) return parse_unix_time(*number);
    constexpr size_t kDate = std::string_view("2026-01-02").size();
    if (text.size() != kDate) return parse_time(text);
    const auto day = parse_time(std::string(text) + "T00:00:00Z");
    if (!day || end == RangeEnd::first) return day;
    const auto last = parse_time(std::string(text) + "T23:59:59.999999Z");
    // The next day could not be formatted: years have four digits.
    return text == "9999-12-31" ? last : *last + std::chrono::microseconds(1);
}

/// A time in a JSON body: text, or a number of Unix seconds or milliseconds. nullopt for another
/// value.
[[nodiscard]] inline std::optional<Timestamp> read_time(const Json& value, RangeEnd end) {
    if (value.is_string()) return parse_range_end(value.get_ref<const std::string&>(), end);
    const auto number = as_integer(value);
    return number ? parse_unix_time(*number) : std::nullopt;
}

/// A time in a query parameter. Throws 400 for any other text.
[[nodiscard]] inline Timestamp query_time(std::string_view name,
                                          std::string_view text,
                                          RangeEnd end = RangeEnd::first) {
    const auto time = parse_range_end(text, end);
    if (!time) throw unexpected_query(name, kTimeForms, text);
    return *time;
}

/// Throws 400 unless `from` is before `to`.
inline void check_range(Timestamp from, Timestamp to) {
    if (from < to) return;
    throw bad_query("from",
                    "expected a range that begins before its end; it begins at " +
                        format_time(from) + " and ends before " + format_time(to));
}

}  // namespace ezapi
