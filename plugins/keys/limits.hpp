// Limits of a token by its master: the group and the namespaces that it may name, its rate.
#pragma once

#include <set>
#include <string>

#include "ezapi/resource/body.hpp"
#include "ezapi/services/masters.hpp"

namespace ezapi::keys {

/// Adds a fault for each newly set value that exceeds the master. The group must be the master's or
/// empty (meaning the master's). The namespaces must be among the master's; empty means all of
/// them. qps_limit must not exceed the master's global_qps, if that is set.
void check_limits(Draft& draft, const Master& master);

/// Newly named namespaces whose existence does not follow from the master's own list.
[[nodiscard]] std::set<std::string> unproven_namespaces(const Draft& draft, const Master& master);

/// Adds a fault at each place that names one of the missing namespaces.
void report_missing(Draft& draft, const std::set<std::string>& missing);

}  // namespace ezapi::keys
