// Waits for a condition with a limit, instead of sleeping and hoping.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace ezapi::tests {

/// The limit judges no speed: it ends a test that would wait for ever, and a busy machine must not
/// reach it. A shorter one is taken as this.
inline constexpr std::chrono::seconds kLeastLimit{60};

/// True as soon as `condition()` is; false when it was not within `limit`.
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
