// Logs and counts refused credentials. The number of lines is limited, so that guessing cannot fill
// a disk; a later line says how many were left out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "host/http/policy/guesses.hpp"

namespace ezapi::host::telemetry {
class Metrics;
}
struct ez_metric;

namespace ezapi::host::http {

/// "admin", "internal" or "master": the class of credential that a route of this access requires.
[[nodiscard]] std::string_view credential_class(int32_t access) noexcept;

/// Any thread.
class GuessLog {
public:
    using Clock = std::chrono::steady_clock;

    /// `metrics` may be NULL, else it outlives this.
    explicit GuessLog(telemetry::Metrics* metrics) : metrics_(metrics) {}

    /// Counts a refusal in ezapi_http_credentials_refused_total. `reason` becomes a label, so there
    /// must be few.
    void count(int32_t access, const char* reason) noexcept;

    /// Writes a line where the guess is the first of its source or begins a lock.
    void wrong(int32_t access,
               std::string_view address,
               const Guesses::Wrong& wrong,
               Clock::time_point now) noexcept;

private:
    /// False: the line is left out. `left_out`: how many were since the last line.
    [[nodiscard]] bool may_write(Clock::time_point now, size_t& left_out);

    telemetry::Metrics* metrics_;
    std::mutex mutex_;
    std::map<std::string, ez_metric*, std::less<>> counters_;  // by "class reason"
    Clock::time_point begin_;
    size_t written_ = 0;   // lines since `begin_`
    size_t left_out_ = 0;  // since the last line
};

}  // namespace ezapi::host::http
