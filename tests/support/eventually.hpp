// Waits for a condition with a limit, instead of sleeping and hoping.
#pragma once

#include <chrono>
#include <thread>

namespace ezapi::tests {

/// True as soon as `condition()` is; false when it was not within `limit`.
template <class Condition>
[[nodiscard]] bool eventually(std::chrono::milliseconds limit, Condition&& condition) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace ezapi::tests
