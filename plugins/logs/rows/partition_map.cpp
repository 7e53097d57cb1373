#include "rows/partition_map.hpp"

#include <algorithm>
#include <utility>

namespace ezapi::logs {

PartitionMap::PartitionMap(std::vector<Range> ranges) : ranges_(std::move(ranges)) {
    std::sort(ranges_.begin(), ranges_.end(), [](const Range& left, const Range& right) {
        return left.from < right.from;
    });
}

const PartitionMap::Range* PartitionMap::holding(std::int64_t unix_us) const {
    const auto after = std::upper_bound(
        ranges_.begin(), ranges_.end(), unix_us, [](std::int64_t time, const Range& range) {
            return time < range.from;
        });
    if (after == ranges_.begin()) return nullptr;
    const Range& range = *(after - 1);
    return unix_us < range.to ? &range : nullptr;
}

bool PartitionMap::spans_several(std::int64_t unix_us, std::int64_t window_us) const {
    const Range* own = holding(unix_us);
    return own == nullptr || own != holding(unix_us - window_us) ||
           own != holding(unix_us + window_us);
}

PartitionMap::Range PartitionMap::around(std::int64_t from, std::int64_t to) const {
    const Range* first = holding(from);
    const Range* last = holding(to);
    return {first == nullptr ? -kAlways : first->from, last == nullptr ? kAlways : last->to};
}

}  // namespace ezapi::logs
