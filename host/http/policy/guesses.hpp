// Limits the guessing of credentials. Counts different wrong credentials by client and class of
// credential: a client that repeats one stale token is not guessing, so it does not lock out its
// address. After too many, credentials of the class are refused for a while, even a correct one, so
// that a guesser learns nothing from the reply.
//
// A client is an IPv4 address or an IPv6 /64; many /64 of one /48 count together, too. Bounded:
// with too many sources, those with the fewest wrong guesses are removed.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ezapi/network.hpp"

namespace ezapi::host::http {

class Guesses {
public:
    using Clock = std::chrono::steady_clock;

    struct Wrong {
        int retry_after = 0;    // seconds; 0: reply as to an ordinary wrong credential
        bool is_first = false;  // of this source within a minute
        bool begins_lock = false;
    };

    explicit Guesses(size_t per_minute) : per_minute_(per_minute) {}

    /// Seconds until credentials of this class are checked for the source again; 0: now. Costs one
    /// atomic read while no source is locked out.
    [[nodiscard]] int locked(int32_t access, std::string_view source, Clock::time_point now);

    /// Whether a wrong credential of this class came from the source, or for IPv6 from its /48,
    /// within the last minute.
    [[nodiscard]] bool has_guessed(int32_t access, std::string_view source, Clock::time_point now);

    /// Notes a wrong credential.
    [[nodiscard]] Wrong wrong(int32_t access,
                              std::string_view source,
                              std::string_view credential,
                              Clock::time_point now);

private:
    struct Source {
        std::array<unsigned char, 16> network{};
        int32_t access = 0;
        bool is_site = false;  // an IPv6 /48

        bool operator==(const Source&) const = default;
    };

    struct SourceHash {
        size_t operator()(const Source& source) const noexcept;
    };

    struct Window {
        Clock::time_point begin;
        Clock::time_point locked_until;
        size_t answers = 0;             // wrong ones, repeated ones too
        size_t guesses = 0;             // different ones
        std::vector<uint64_t> digests;  // of the guesses; none for a site
    };

    [[nodiscard]] static Source source_of(int32_t access, std::string_view text);
    [[nodiscard]] static Source site_of(const Source& source);
    [[nodiscard]] Window& window_of(const Source& source, Clock::time_point now);
    [[nodiscard]] Clock::time_point lock_end(const Source& source) const;
    void lock(Window& window, Clock::time_point now);
    void make_room(Clock::time_point now);

    const size_t per_minute_;
    std::atomic<Clock::rep> latest_lock_end_{0};
    std::mutex mutex_;
    std::unordered_map<Source, Window, SourceHash> windows_;
};

}  // namespace ezapi::host::http
