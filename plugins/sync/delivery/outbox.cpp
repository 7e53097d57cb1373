#include "delivery/outbox.hpp"

#include <string>
#include <vector>

namespace ezapi::sync {

void Outbox::drain(const std::function<bool()>& stopping) const {
    // Entities whose owner is not running could not be rendered: they wait for it.
    std::vector<std::string> resources;
    for (const auto& [resource, layout] : live_layouts(projections_)) resources.push_back(resource);
    while (!stopping()) {
        if (!breaker_.admits(Breaker::Clock::now())) return;
        const Entities due = ledger_.claim(resources, batch_size_);
        if (due.empty()) return;
        try {
            const Pusher::Result result = pusher_.push(due);
            if (result.fenced == due.size()) return;
        } catch (const Error&) {
            ledger_.release();
            if (breaker_.away()) return;
            throw;
        }
    }
}

}  // namespace ezapi::sync
