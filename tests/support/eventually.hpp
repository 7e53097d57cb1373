// Waits for a condition with a limit, instead of sleeping.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace ezapi::tests {

/// The limit is not a performance check: it ends a test that would wait forever, and must not be
/// reached on a busy machine. Shorter limits are raised to this.
inline constexpr std::chrono::seconds kLeastLimit{60};

/// Returns true as soon as `condition()` is true, false after `limit`.
template <class Condition>
[[nodiscard]] bool eventually(std::chrono::milliseconds limit, Condition&& condition) {
    const auto deadline =
        std::chrono::steady_clock::now() + std::max<std::chrono::milliseconds>(limit, kLeastLimit);
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace ezapi::tests
