// The retry of what is still pending: claims due entities of all instances, in batches, under a
// lease by the database's clock, and pushes them. Two that claim the same after a lease has run
// out do no harm, because Redis compares revisions.
#pragma once

#include <functional>

#include "delivery/pusher.hpp"
#include "ledger/breaker.hpp"
#include "ledger/ledger.hpp"

namespace ezapi::sync {

class Outbox {
public:
    Outbox(const Ledger& ledger,
           const Pusher& pusher,
           Breaker& breaker,
           Projections projections,
           int batch_size)
        : ledger_(ledger),
          pusher_(pusher),
          breaker_(breaker),
          projections_(projections),
          batch_size_(batch_size) {}

    /// Until nothing is due, or nothing that is has a place in Redis yet. Ends quietly while Redis
    /// is away: that is no attempt of any entity.
    void drain(const std::function<bool()>& stopping) const;

private:
    const Ledger& ledger_;
    const Pusher& pusher_;
    Breaker& breaker_;
    Projections projections_;
    int batch_size_;
};

}  // namespace ezapi::sync
