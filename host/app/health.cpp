#include "host/app/health.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/error.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/redact.hpp"

namespace ezapi::host::app {

HealthMonitor::HealthMonitor(std::vector<Check> checks,
                             std::chrono::milliseconds period,
                             std::chrono::milliseconds patience)
    : period_(period), patience_(patience) {
    watched_.reserve(checks.size());  // the threads hold references
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
        lock.unlock();
        // Without memory for the finding, the previous one stays.
        (void)guard(nullptr, [&] { probe_once(watched); });
        lock.lock();
        watched.probing = false;
        changed_.notify_all();
        changed_.wait_for(lock, period_, [&] { return stopping_; });
    }
}

void HealthMonitor::probe_once(Watched& watched) {
    {
        const std::scoped_lock lock(mutex_);
        watched.probing = true;
        watched.since = std::chrono::steady_clock::now();
    }
    ez_error error{};
    const bool ok = guard(&error, watched.check.probe) == EZ_OK;
    // Health is public, and a server's message may quote what was sent to it.
    std::string why = ok ? std::string() : telemetry::redact(error.message);
    bool changed = false;
    {
        const std::scoped_lock lock(mutex_);
        Finding& finding = watched.finding;
        changed = finding.known ? finding.ok != ok : !ok;
        finding.known = true;
        finding.ok = ok;
        finding.error = why;
    }
    if (!changed) return;
    telemetry::log(ok ? EZ_LOG_INFO : EZ_LOG_WARN,
                   "health",
                   watched.check.name + (ok ? ": answers again" : ": away: " + why));
}

bool HealthMonitor::hangs(const Watched& watched) const {
    return watched.probing && std::chrono::steady_clock::now() - watched.since > patience_;
}

bool HealthMonitor::serving() const {
    const std::scoped_lock lock(mutex_);
    return std::all_of(watched_.begin(), watched_.end(), [this](const Watched& watched) {
        return !watched.finding.needed_to_serve || (watched.finding.ok && !hangs(watched));
    });
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
    for (const Watched& watched : watched_) {
        Finding finding = watched.finding;
        if (hangs(watched)) {
            finding.known = true;
            finding.ok = false;
            finding.error = "does not answer";
        }
        out.push_back(std::move(finding));
    }
    return out;
}

}  // namespace ezapi::host::app
