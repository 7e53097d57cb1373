// The service "delivery/1": tells whoever has written when the change is in Redis.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "delivery/change_waits.hpp"
#include "ezapi/db.hpp"
#include "ezapi/host_services.h"

namespace ezapi::sync {

/// What became of changes, those left out that are pending or unknown.
[[nodiscard]] std::map<std::int64_t, ChangeWaits::State> states_of(
    const Db& db, const std::vector<std::int64_t>& revisions);

/// `self` is the ChangeWaits.
extern const ez_delivery_v1 kDelivery;

}  // namespace ezapi::sync
