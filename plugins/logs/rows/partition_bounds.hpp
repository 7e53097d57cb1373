// Reads the bounds of partitions as microseconds, because the text form may contain years that
// parse_time does not accept.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::logs {

/// An SQL expression for a time in microseconds since 1970; NULL when it is infinite or NULL.
[[nodiscard]] inline std::string microseconds_of(std::string_view time) {
    const std::string text(time);
    return "CASE WHEN isfinite(" + text + ") THEN (extract(epoch FROM " + text +
           ") * 1000000)::bigint END";
}

}  // namespace ezapi::logs
