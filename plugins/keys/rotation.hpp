// POST <collection>/{id}/rotate: issues a new token for the same row. The old token ends at once,
// or stays valid under its own hash and epoch for a grace period. Invariant: no older token
// outlives the grace period of the latest rotation.
#pragma once

#include "ezapi/plugin.hpp"
#include "ezapi/resource/collection.hpp"
#include "ezapi/services/masters.hpp"

namespace ezapi::keys {

/// `keys` and `masters` must outlive the host's routes.
void serve_rotation(Host& host,
                    const Resource& keys,
                    const Masters& masters,
                    const Collection& collection);

}  // namespace ezapi::keys
