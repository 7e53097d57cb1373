// When a quota begins anew: at midnight UTC of every day, every Monday, or the first of every
// month.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ezapi/time.hpp"

namespace ezapi::keys {

/// The first reset after `after`; nothing for "none".
[[nodiscard]] std::optional<Timestamp> next_reset(std::string_view period, Timestamp after);

/// The same as SQL, of the period that an expression names, after now(); NULL for "none".
[[nodiscard]] std::string next_reset_sql(const std::string& period);

}  // namespace ezapi::keys
