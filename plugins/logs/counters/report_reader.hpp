// Parses a counter report without building a JSON tree: reports are large and frequent, and a tree
// would cost more than everything else that is done with them.
#pragma once

#include <string_view>

#include "counters/report.hpp"

namespace ezapi::logs {

/// Throws 400 when the body is not JSON, 422 with the faults (at most the first hundred).
[[nodiscard]] CounterReport read_report(std::string_view body);

}  // namespace ezapi::logs
