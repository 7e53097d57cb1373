// When a quota begins anew: at midnight UTC of every day, every Monday, or the first of every
// month.
#pragma once

#include <optional>
#include <string_view>

#include "ezapi/time.hpp"

namespace ezapi::keys {

/// The first reset after `after`; nothing for "none".
[[nodiscard]] std::optional<Timestamp> next_reset(std::string_view period, Timestamp after);

}  // namespace ezapi::keys
