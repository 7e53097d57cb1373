// Reads a report as data planes write them, without building a tree of it: reports are large and
// arrive all the time. Whatever is not plain (a fault, a null, a member twice, an escape that is no
// text) is left to read_report, which names what is wrong; so there is one judge of faults.
#pragma once

#include <optional>
#include <string_view>

#include "counters/report.hpp"

namespace ezapi::logs {

/// What read_report makes of the same body; nothing where that has to look.
[[nodiscard]] std::optional<CounterReport> read_plain_report(std::string_view body);

}  // namespace ezapi::logs
