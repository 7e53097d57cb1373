// How the bounds of partitions are read: as microseconds, since a time as text may have a year that
// parse_time does not know.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::logs {

/// A time as microseconds since 1970, NULL where it is infinite or there is none.
[[nodiscard]] inline std::string microseconds_of(std::string_view time) {
    const std::string text(time);
    return "CASE WHEN isfinite(" + text + ") THEN (extract(epoch FROM " + text +
           ") * 1000000)::bigint END";
}

}  // namespace ezapi::logs
