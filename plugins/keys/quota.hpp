// When a quota is reset: at midnight UTC, every day, every Monday, or on the first of every month.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ezapi/time.hpp"

namespace ezapi::keys {

/// The first reset after `after`; nullopt for "none".
[[nodiscard]] std::optional<Timestamp> next_reset(std::string_view period, Timestamp after);

/// The same as an SQL expression: `period` is an expression for the period, the time is now(); NULL
/// for "none".
[[nodiscard]] std::string next_reset_sql(const std::string& period);

}  // namespace ezapi::keys
