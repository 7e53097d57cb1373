// Limits the database look-ups that wrong master credentials cause, over all addresses: a token
// bucket from which each failed look-up takes one. While it is empty, only credentials that this
// process has seen succeed are looked up, and those from addresses without a wrong guess in the
// last minute, which have a larger bucket: guesses from some addresses must not shut out others. A
// credential whose look-up failed is not looked up again for some seconds. Lock-free, any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace ezapi::host::http {

class FailedLookups {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::milliseconds kEach{2};  // 500 a second
    static constexpr int kBurst = 200;
    static constexpr int kBurstOfOthers = 5000;

    /// Whether the credential may be looked up now.
    [[nodiscard]] bool allow(std::string_view credential, Clock::time_point now) const noexcept;

    /// The same for an address that has guessed nothing.
    [[nodiscard]] bool allow_others(Clock::time_point now) const noexcept;

    /// Whether its look-up failed within the last kRememberFailed.
    [[nodiscard]] bool has_failed(std::string_view credential,
                                  Clock::time_point now) const noexcept;

    void found(std::string_view credential) noexcept;
    void failed(std::string_view credential, Clock::time_point now) noexcept;

private:
    static constexpr size_t kRemembered = 16'384;  // a power of two
    static constexpr size_t kFailures = 1024;
    static constexpr std::chrono::seconds kRememberFailed{10};

    struct Failure {
        std::atomic<size_t> hash{0};
        std::atomic<Clock::rep> at{0};
    };

    std::atomic<Clock::rep> spent_until_{0};                // when the bucket will be full again
    std::array<std::atomic<size_t>, kRemembered> found_{};  // hashes, each at its own place
    std::array<Failure, kFailures> failures_{};
};

}  // namespace ezapi::host::http
