// Where jobs take time and chance from, so that tests can move both.
#pragma once

#include <chrono>
#include <functional>

namespace ezapi::host::jobs {

using TimePoint = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;
using Clock = std::function<TimePoint()>;

[[nodiscard]] inline Clock steady_clock() {
    return [] { return std::chrono::steady_clock::now(); };
}

}  // namespace ezapi::host::jobs
