// What tokens have used, added for many at once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ezapi/db.hpp"
#include "keys.h"

namespace ezapi::keys {

/// See ez_keys_v1::usage.
void add_usage(Tx& tx, std::span<const ez_key_usage> items, std::int32_t* unknown);

}  // namespace ezapi::keys
