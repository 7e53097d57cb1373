#include "host/http/policy/revocations.hpp"

#include <algorithm>

namespace ezapi::host::http {

Revocations::Standing Revocations::standing(const std::string& id, Clock::time_point now) const {
    const std::lock_guard lock(mutex_);
    if (expires_.contains(id)) return Standing::kRevoked;
    return now - asked_ > kFresh ? Standing::kUnknown : Standing::kValid;
}

void Revocations::add(RevokedSession session) {
    const std::lock_guard lock(mutex_);
    expires_[std::move(session.id)] = session.expires;
}

/// Only adds: a revocation is final, and one that was added during the query must not be lost.
void Revocations::refresh(std::vector<RevokedSession> known,
                          Clock::time_point asked,
                          int64_t unix_now) {
    const std::lock_guard lock(mutex_);
    std::erase_if(expires_, [&](const auto& entry) { return entry.second <= unix_now; });
    for (RevokedSession& session : known) expires_[std::move(session.id)] = session.expires;
    asked_ = std::max(asked_, asked);
}

}  // namespace ezapi::host::http
