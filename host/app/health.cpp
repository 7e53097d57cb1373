#include "host/app/health.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/error.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::app {

HealthMonitor::HealthMonitor(std::vector<Check> checks,
                             std::chrono::milliseconds period,
                             std::chrono::milliseconds patience)
    : period_(period), patience_(patience) {
    watched_.reserve(checks.size());  // the threads keep references
    for (Check& check : checks) {
        Watched& watched = watched_.emplace_back();
        watched.finding.name = check.name;
        watched.finding.needed_to_serve = check.needed_to_serve;
        watched.check = std::move(check);
    }
    for (Watched& watched : watched_) {
        watched.thread = std::thread([this, &watched] { watch(watched); });
    }
}

HealthMonitor::~HealthMonitor() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (Watched& watched : watched_) watched.thread.join();
}

void HealthMonitor::watch(Watched& watched) {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        watched.probing = true;
        watched.since = std::chrono::steady_clock::now();
        lock.unlock();
        ez_error error{};
        const bool ok = guard(&error, watched.check.probe) == EZ_OK;
        lock.lock();
        Watched& seen = watched;
        const bool changed = seen.finding.known ? seen.finding.ok != ok : !ok;
        seen.probing = false;
        seen.finding.known = true;
        seen.finding.ok = ok;
        seen.finding.error = ok ? "" : error.message;
        if (changed) {
            telemetry::log(
                ok ? EZ_LOG_INFO : EZ_LOG_WARN,
                "health",
                seen.finding.name + (ok ? ": answers again" : ": away: " + seen.finding.error));
        }
        changed_.notify_all();
        changed_.wait_for(lock, period_, [&] { return stopping_; });
    }
}

bool HealthMonitor::await_first(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] {
        return std::all_of(watched_.begin(), watched_.end(), [](const Watched& watched) {
            return watched.finding.known || !watched.finding.needed_to_serve;
        });
    });
}

std::vector<HealthMonitor::Finding> HealthMonitor::findings() const {
    std::vector<Finding> out;
    const std::scoped_lock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    for (const Watched& watched : watched_) {
        Finding finding = watched.finding;
        if (watched.probing && now - watched.since > patience_) {
            finding.known = true;
            finding.ok = false;
            finding.error = "does not answer";
        }
        out.push_back(std::move(finding));
    }
    return out;
}

}  // namespace ezapi::host::app
