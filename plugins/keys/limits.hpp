// A token may not exceed its master: which groups and namespaces it may name.
#pragma once

#include <set>
#include <string>

#include "ezapi/resource/body.hpp"
#include "ezapi/services/masters.hpp"

namespace ezapi::keys {

/// Adds a fault for all that is newly asked beyond the master. Its group is the master's own, or
/// empty for the same. Its namespaces are some of the master's, or empty for all of them. Its
/// qps_limit is at most the master's global_qps, where that is set.
void check_limits(Draft& draft, const Master& master);

/// Namespaces newly named of which the master's own list does not prove that they exist.
[[nodiscard]] std::set<std::string> unproven_namespaces(const Draft& draft, const Master& master);

/// Adds a fault at each place where one of the names stands.
void report_missing(Draft& draft, const std::set<std::string>& missing);

}  // namespace ezapi::keys
