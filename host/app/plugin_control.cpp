#include "host/app/plugin_control.hpp"

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "ezapi/error.hpp"
#include "host/app/main_loop.hpp"
#include "host/changes/bus.hpp"
#include "host/http/dispatch/server.hpp"
#include "host/jobs/scheduler.hpp"
#include "host/modules/loader.hpp"

namespace ezapi::host::app {
namespace {

using nlohmann::ordered_json;
using SystemTime = std::chrono::system_clock::time_point;

ordered_json text_or_null(const std::string& text) {
    return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

/// RFC 3339 in UTC with milliseconds; null for the epoch, which stands for never.
ordered_json time_json(SystemTime time) {
    if (time == SystemTime{}) return nullptr;
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count() %
        1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::string text(32, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc));
    const std::string fraction = std::to_string(1000 + ms).substr(1);
    return text + "." + fraction + "Z";
}

ordered_json job_json(const jobs::JobStatus& job) {
    const bool ran = job.last_run_at != SystemTime{};
    return {
        {"name", job.name},
        {"scope", job.scope == EZ_JOB_CLUSTER ? "cluster" : "instance"},
        {"every_seconds", std::chrono::duration<double>(job.period).count()},
        {"running", job.running},
        {"last_run_at", time_json(job.last_run_at)},
        {"last_duration_ms", ran ? ordered_json(job.last_duration.count()) : ordered_json(nullptr)},
        {"last_error", text_or_null(job.last_error)},
        {"next_run_at", time_json(std::chrono::system_clock::now() + job.next_run_in)}};
}

ordered_json plugin_json(const modules::PluginReport& plugin, const PluginControl& control) {
    ordered_json jobs = ordered_json::array();
    for (const jobs::JobStatus& job : control.scheduler.status(plugin.name))
        jobs.push_back(job_json(job));
    return {{"name", plugin.name},
            {"version", text_or_null(plugin.version)},
            {"abi", text_or_null(plugin.abi)},
            {"state", modules::to_text(plugin.state)},
            {"error", text_or_null(plugin.error)},
            {"routes", control.server.route_count(plugin.name)},
            {"jobs", std::move(jobs)},
            {"file", text_or_null(plugin.file)},
            {"depends_on", plugin.depends_on}};
}

/// During a change of plugins: paths whose routes are away get 503, and changes without an auditor
/// are refused.
class Switching {
public:
    Switching(http::Server& server, changes::Bus& bus) : server_(server), bus_(bus) {
        bus_.begin_switch();
        server_.begin_change();
    }

    ~Switching() {
        server_.end_change();
        bus_.end_switch();
    }

    Switching(const Switching&) = delete;
    Switching& operator=(const Switching&) = delete;

private:
    http::Server& server_;
    changes::Bus& bus_;
};

std::string dump(const ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string PluginControl::list() const {
    ordered_json data = ordered_json::array();
    for (const modules::PluginReport& plugin : loader.report())
        data.push_back(plugin_json(plugin, *this));
    return dump({{"data", std::move(data)}});
}

std::string PluginControl::change(std::string_view plugin, std::string_view action) const {
    loop.call([&] {
        const Switching switching(server, bus);
        if (action == "enable") {
            loader.enable(plugin);
        } else if (action == "disable") {
            loader.disable(plugin);
        } else {
            loader.reload(plugin);
        }
    });
    for (const modules::PluginReport& line : loader.report()) {
        if (line.name == plugin) return dump(plugin_json(line, *this));
    }
    throw Error(EZ_NOT_FOUND, "there is no plugin '" + std::string(plugin) + "'");
}

std::string PluginControl::confirmation(std::string_view plugin, std::string_view action) const {
    if (action != "disable") return {};
    const std::vector<modules::PluginReport> plugins = loader.report();
    std::set<std::string, std::less<>> stopped{std::string(plugin)};
    for (size_t before = 0; before != stopped.size();) {
        before = stopped.size();
        for (const modules::PluginReport& other : plugins) {
            for (const std::string& provider : other.depends_on)
                if (stopped.contains(provider)) stopped.insert(other.name);
        }
    }
    for (const std::string& auditor : bus.auditors())
        if (stopped.contains(auditor)) return "audit";
    return {};
}

}  // namespace ezapi::host::app
