// Reads a report of counters straight from its text: reports are large and arrive all the time, and
// a tree of each would cost more than all else that is done with it.
#pragma once

#include <string_view>

#include "counters/report.hpp"

namespace ezapi::logs {

/// Throws a 400 for what is no JSON, a 422 that names every fault, at most the first hundred.
[[nodiscard]] CounterReport read_report(std::string_view body);

}  // namespace ezapi::logs
