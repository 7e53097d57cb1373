// Says in the log that records were refused because their request id is that of another record of
// their master: with log.ack = queued no client learns of it. One line in a while, with how many
// there were and one of the ids.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

#include "ezapi/log.hpp"
#include "rows/row_block.hpp"

namespace ezapi::logs {

/// One thread.
class ReuseLog {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::seconds kBetweenLines{60};

    explicit ReuseLog(Log log) : log_(log) {}

    /// `count` of the rows are of reused ids; at least one.
    void note(std::span<const RowRef> rows, size_t count, Clock::time_point at = Clock::now());

private:
    Log log_;
    size_t unsaid_ = 0;
    std::optional<Clock::time_point> said_at_;
};

}  // namespace ezapi::logs
