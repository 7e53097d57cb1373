// Times at the boundaries: RFC 3339 in UTC with milliseconds for clients, PostgreSQL's text in a
// session with the time zone UTC for the database.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace ezapi {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

namespace detail {

/// Reads exactly `count` digits at `at` and advances it.
inline std::optional<int> digits(std::string_view text, size_t& at, size_t count) {
    if (at + count > text.size()) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
        const char c = text[at + i];
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    at += count;
    return value;
}

/// Advances `at` past one of the `allowed` characters; false when there is another one.
inline bool literal(std::string_view text, size_t& at, std::string_view allowed) {
    if (at >= text.size() || allowed.find(text[at]) == std::string_view::npos) return false;
    ++at;
    return true;
}

}  // namespace detail

/// The earliest and the latest time that RFC 3339 can express in UTC: years 0001 to 9999.
inline constexpr Timestamp kEarliestTime =
    std::chrono::sys_days{std::chrono::year{1} / std::chrono::January / 1};
inline constexpr Timestamp kLatestTime =
    std::chrono::sys_days{std::chrono::year{10000} / std::chrono::January / 1} -
    std::chrono::microseconds{1};

/// Parses `2026-01-02T03:04:05[.frac](Z|+hh:mm|-hh:mm)` (RFC 3339, without leap seconds), and
/// PostgreSQL's `2026-01-02 03:04:05.678901+00`. Digits after the microsecond are dropped. nullopt
/// for any other text, and when the time in UTC is outside of kEarliestTime to kLatestTime.
[[nodiscard]] inline std::optional<Timestamp> parse_time(std::string_view text) {
    using namespace std::chrono;
    size_t at = 0;
    const auto year_part = detail::digits(text, at, 4);
    if (!year_part || !detail::literal(text, at, "-")) return std::nullopt;
    const auto month_part = detail::digits(text, at, 2);
    if (!month_part || !detail::literal(text, at, "-")) return std::nullopt;
    const auto day_part = detail::digits(text, at, 2);
    if (!day_part || !detail::literal(text, at, "Tt ")) return std::nullopt;
    const auto hour = detail::digits(text, at, 2);
    if (!hour || !detail::literal(text, at, ":")) return std::nullopt;
    const auto minute = detail::digits(text, at, 2);
    if (!minute || !detail::literal(text, at, ":")) return std::nullopt;
    const auto second = detail::digits(text, at, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 59 || *year_part < 1)
        return std::nullopt;

    int micros = 0;
    if (at < text.size() && text[at] == '.') {
        const size_t first = ++at;
        int scale = 100000;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
            micros += (text[at] - '0') * scale;
        }
        if (at == first) return std::nullopt;
    }
    minutes offset{0};
    if (!detail::literal(text, at, "Zz")) {
        if (at >= text.size() || (text[at] != '+' && text[at] != '-')) return std::nullopt;
        const int sign = text[at++] == '-' ? -1 : 1;
        const auto hours_part = detail::digits(text, at, 2);
        if (!hours_part || *hours_part > 23) return std::nullopt;
        int minutes_part = 0;
        if (at < text.size()) {
            if (text[at] == ':') ++at;
            const auto rest = detail::digits(text, at, 2);
            if (!rest || *rest > 59) return std::nullopt;
            minutes_part = *rest;
        }
        offset = minutes{sign * (*hours_part * 60 + minutes_part)};
    }
    const year_month_day date{year{*year_part},
                              month{static_cast<unsigned>(*month_part)},
                              day{static_cast<unsigned>(*day_part)}};
    if (at != text.size() || !date.ok()) return std::nullopt;
    const Timestamp time = Timestamp{sys_days{date}} + hours{*hour} + minutes{*minute} +
                           seconds{*second} + microseconds{micros} - offset;
    if (time < kEarliestTime || time > kLatestTime) return std::nullopt;
    return time;
}

/// Converts a Unix time. A number up to the last second of 9999 is one of seconds, a larger one of
/// milliseconds; so milliseconds are recognised for times since January 1978. nullopt for times
/// before 1970 or after 9999.
[[nodiscard]] inline std::optional<Timestamp> unix_time(std::int64_t number) {
    constexpr std::int64_t kLastSecond = 253'402'300'799;
    const bool seconds = number <= kLastSecond;
    if (number < 0 || number / (seconds ? 1 : 1000) > kLastSecond) return std::nullopt;
    return Timestamp{std::chrono::microseconds{number * (seconds ? 1'000'000 : 1'000)}};
}

/// As `2026-01-02T03:04:05.678Z`.
[[nodiscard]] inline std::string format_time(Timestamp time) {
    using namespace std::chrono;
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const hh_mm_ss clock{floor<milliseconds>(time) - midnight};
    char text[40];
    std::snprintf(text,
                  sizeof text,
                  "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()));
    return text;
}

/// Appends PostgreSQL's text of a timestamptz in a UTC session as RFC 3339 with milliseconds.
/// Copies the text without parsing it, because a list has thousands of them.
inline void append_pg_time(std::string& out, std::string_view pg) {
    const size_t zone = pg.find('+');
    const std::string_view clock = pg.substr(0, zone);
    const size_t start = out.size();
    out.append(clock.substr(0, std::min<size_t>(clock.size(), 23)));
    if (clock.size() > 10) out[start + 10] = 'T';
    if (clock.size() == 19) out.push_back('.');
    while (out.size() - start < 23) out.push_back('0');
    out.push_back('Z');
}

[[nodiscard]] inline std::int64_t unix_seconds(Timestamp time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

[[nodiscard]] inline Timestamp now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace ezapi
