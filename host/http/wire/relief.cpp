// Frees memory when requests and replies exceed their budget: among the connections that count in
// the exceeded share, those that hold most are closed first, so that a few large ones do not shut
// out many small ones.
#include "host/http/wire/connections.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

/// A connection that is shed sends a reply, which may call relieve() again.
thread_local bool relieving = false;

}  // namespace

ConnectionPtr Connections::worst_for(const Connection& asker,
                                     const std::vector<ConnectionPtr>& connections) const {
    const bool all = budget_->total_exceeded();
    const bool same_trust = !all && budget_->trust_exceeded(asker.trust());
    ConnectionPtr worst;
    for (const auto& connection : connections) {
        if (same_trust && connection->trust() != asker.trust()) continue;
        if (!all && !same_trust && connection->client() != asker.client()) continue;
        if (connection->held() > (worst ? worst->held() : 0)) worst = connection;
    }
    return worst;
}

void Connections::relieve(const Connection& asker) noexcept {
    if (relieving) return;
    relieving = true;
    try {
        const std::lock_guard lock(relieving_);
        const auto connections = alive();
        size_t ended = 0;
        while (!budget_->has_room(asker.trust(), *asker.client()) && ended < connections.size()) {
            const auto worst = worst_for(asker, connections);
            if (!worst) break;
            observer_->refused("memory");
            worst->shed();
            ++ended;
        }
    } catch (const std::exception& error) {
        telemetry::log(EZ_LOG_ERROR, "http", error.what());
    }
    relieving = false;
}

}  // namespace ezapi::host::http
