// Logs that records were refused because their request id belongs to another record of the same
// master: with log.ack = queued no client is told. Rate-limited to one line per interval, with the
// number of records and one example id.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

#include "ezapi/log.hpp"
#include "rows/row_block.hpp"

namespace ezapi::logs {

/// Not thread-safe.
class ReuseLog {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::seconds kBetweenLines{60};

    explicit ReuseLog(Log log) : log_(log) {}

    /// `count` of the rows, at least one, have reused ids.
    void note(std::span<const RowRef> rows, size_t count, Clock::time_point at = Clock::now());

private:
    Log log_;
    size_t unsaid_ = 0;
    std::optional<Clock::time_point> said_at_;
};

}  // namespace ezapi::logs
