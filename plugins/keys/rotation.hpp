// POST <collection>/{id}/rotate: a new token for the same row. The old one ends at once, or lives
// on under its own hash and epoch for a grace. Invariant: no older token outlives the grace of the
// latest rotation.
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
