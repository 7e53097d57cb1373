// The clock of the jobs, which tests replace.
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
