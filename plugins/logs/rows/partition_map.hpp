// The time ranges of the partitions of request_logs. Tells which records could have a duplicate in
// another partition than their own, because a unique index covers one partition only. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace ezapi::logs {

class PartitionMap {
public:
    static constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();

    /// Half-open, in microseconds since 1970; -kAlways and kAlways mean no bound.
    struct Range {
        std::int64_t from = -kAlways;
        std::int64_t to = kAlways;
    };

    PartitionMap() = default;

    /// In any order, without the default partition, which holds the remaining times.
    explicit PartitionMap(std::vector<Range> ranges);

    /// The range of all partitions that contain any time of [from, to].
    [[nodiscard]] Range around(std::int64_t from, std::int64_t to) const;

    /// False when a single partition contains every time within `window_us` of the given one.
    [[nodiscard]] bool spans_several(std::int64_t unix_us, std::int64_t window_us) const;

private:
    [[nodiscard]] const Range* holding(std::int64_t unix_us) const;

    std::vector<Range> ranges_;  // ascending
};

}  // namespace ezapi::logs
