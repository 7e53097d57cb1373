// What GET /health answers, from the probes, the plugins and the operation log.
#pragma once

#include <string_view>

#include "host/app/health.hpp"
#include "host/changes/bus.hpp"
#include "host/http/served/host_routes.hpp"
#include "host/modules/loader.hpp"

namespace ezapi::host::app {

inline constexpr std::string_view kNoAudit =
    "no plugin keeps the operation log: changes are noted in ez_unaudited_changes only";

/// Any thread.
[[nodiscard]] http::Health health_of(const HealthMonitor& monitor,
                                     const modules::Loader& loader,
                                     changes::Bus& bus);

}  // namespace ezapi::host::app
