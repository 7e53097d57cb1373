// What happens when requests and replies hold more memory than they may: of the connections that
// take from the exceeded share, those that hold most end first, so that a few that hold much do not
// shut out the many that hold little.
#include "host/http/dispatch/core.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

/// A connection that is ended answers, which must not end others in turn.
thread_local bool relieving = false;

}  // namespace

ConnectionPtr Server::Core::worst_for(const Connection& asker,
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

void Server::Core::relieve(const Connection& asker) noexcept {
    if (relieving) return;
    relieving = true;
    try {
        const std::lock_guard lock(relieving_);
        const auto connections = alive();
        size_t ended = 0;
        while (!budget_->has_room(asker.trust(), *asker.client()) && ended < connections.size()) {
            const auto worst = worst_for(asker, connections);
            if (!worst) break;
            observer.refused("memory");
            worst->shed();
            ++ended;
        }
    } catch (const std::exception& error) {
        telemetry::log(EZ_LOG_ERROR, "http", error.what());
    }
    relieving = false;
}

}  // namespace ezapi::host::http
