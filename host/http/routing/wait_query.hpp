// The query parameters ?wait=applied&timeout= of a write: how long its reply may be held back
// until the change is in Redis.
#pragma once

#include <chrono>
#include <optional>

#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

inline constexpr std::chrono::seconds kLongestWait{30};
inline constexpr std::chrono::seconds kUsualWait{5};

/// The time to wait; nothing when the query does not ask to wait. Throws EZ_INVALID, naming the
/// field, for values that the parameters cannot have.
[[nodiscard]] std::optional<std::chrono::milliseconds> wait_asked(const NameValues& query);

}  // namespace ezapi::host::http
