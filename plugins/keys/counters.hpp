// Adds the usage of many tokens in one call.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ezapi/db.hpp"
#include "ezapi/services/keys.h"
#include "ezapi/services/masters.hpp"
#include "quota_lag.hpp"

namespace ezapi::keys {

/// See ez_keys_v1::usage.
void add_usage(Tx& tx,
               const Strided<ez_key_usage>& items,
               std::int32_t* unknown,
               const Masters& masters,
               const std::shared_ptr<QuotaLag>& lag);

}  // namespace ezapi::keys
