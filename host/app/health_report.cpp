#include "host/app/health_report.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace ezapi::host::app {

http::Health health_of(const HealthMonitor& monitor,
                       const modules::Loader& loader,
                       changes::Bus& bus) {
    http::Health health;
    nlohmann::ordered_json checks;
    for (const HealthMonitor::Finding& finding : monitor.findings()) {
        checks[finding.name] = {{"status", finding.ok ? "ok" : "unavailable"}};
        if (!finding.error.empty()) checks[finding.name]["error"] = finding.error;
        if (finding.needed_to_serve && !finding.ok) health.serving = false;
    }
    size_t running = 0;
    nlohmann::ordered_json failed = nlohmann::ordered_json::array();
    for (const modules::PluginReport& plugin : loader.report()) {
        if (plugin.state == modules::State::kRunning) ++running;
        if (plugin.state == modules::State::kFailed) failed.push_back(plugin.name);
    }
    checks["plugins"] = {
        {"status", failed.empty() ? "ok" : "degraded"}, {"running", running}, {"failed", failed}};
    checks["audit"] = {{"status", "ok"}};
    if (bus.auditors().empty())
        checks["audit"] = {{"status", "disabled"}, {"error", std::string(kNoAudit)}};
    health.checks = checks.dump();
    return health;
}

}  // namespace ezapi::host::app
