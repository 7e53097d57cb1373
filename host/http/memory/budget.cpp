#include "host/http/memory/budget.hpp"

#include "ezapi/abi.h"

namespace ezapi::host::http {

namespace {

constexpr std::array<int64_t, 3> kShares{8, 2, 1};  // the total divided by it, by trust
constexpr int64_t kClientShare = 2;

}  // namespace

Trust trust_of(int32_t access) noexcept {
    switch (access) {
        case EZ_ADMIN:
        case EZ_INTERNAL_ONLY:
            return Trust::kOperator;
        case EZ_MASTER:
            return Trust::kMaster;
        default:
            return Trust::kNone;
    }
}

void Budget::add(Trust trust, Client& client, int64_t bytes) noexcept {
    total_ += bytes;
    by_trust_[static_cast<size_t>(trust)] += bytes;
    client.bytes += bytes;
}

bool Budget::trust_exceeded(Trust trust) const noexcept {
    const auto at = static_cast<size_t>(trust);
    return by_trust_[at].load() > most_ / kShares[at];
}

bool Budget::client_exceeded(const Client& client) const noexcept {
    return client.limited && client.bytes.load() > most_ / kClientShare;
}

void Holding::set(Trust trust, size_t bytes) noexcept {
    const auto counted = static_cast<int64_t>(bytes <= kUncountedBytes ? 0 : bytes);
    if (counted == bytes_ && (counted == 0 || trust == trust_)) {
        trust_ = trust;
        return;
    }
    if (budget_ == nullptr) return;
    if (trust != trust_ && bytes_ != 0) {
        budget_->add(trust_, *client_, -bytes_);
        bytes_ = 0;
    }
    trust_ = trust;
    budget_->add(trust_, *client_, counted - bytes_);
    bytes_ = counted;
}

}  // namespace ezapi::host::http
