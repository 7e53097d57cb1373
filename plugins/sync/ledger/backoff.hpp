// Pauses between attempts: exponential with full jitter, so that many who failed together do not
// come back together.
#pragma once

#include <algorithm>
#include <chrono>

namespace ezapi::sync {

inline constexpr std::chrono::milliseconds kBackoffBase{200};
inline constexpr std::chrono::milliseconds kBackoffCap{10000};

/// Before attempt `failures` + 1. `chance` is random in [0, 1).
[[nodiscard]] inline std::chrono::milliseconds backoff(int failures, double chance) {
    using Count = std::chrono::milliseconds::rep;
    const Count grown = kBackoffBase.count() << std::clamp(failures - 1, 0, 20);
    const Count ceiling = std::min(kBackoffCap.count(), grown);
    return std::chrono::milliseconds(static_cast<Count>(static_cast<double>(ceiling) * chance));
}

}  // namespace ezapi::sync
