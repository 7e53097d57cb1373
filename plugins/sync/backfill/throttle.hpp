// Makes long work in the background give way. It is told how long the database took for something
// that costs it nothing; when that is often much more than the least ever seen, others are busy,
// and the work rests nine times as long as it has just worked.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace ezapi::sync {

class Throttle {
public:
    using Duration = std::chrono::nanoseconds;

    void answered_within(Duration time) {
        least_ = std::min(least_, time);
        recent_[count_++ % recent_.size()] = time;
    }

    /// How long to rest after `worked`.
    [[nodiscard]] Duration rest_after(Duration worked) const {
        return busy() ? std::min<Duration>(worked * 9, std::chrono::seconds(2)) : Duration{};
    }

    [[nodiscard]] bool busy() const {
        const size_t known = std::min(count_, recent_.size());
        if (known == 0) return false;
        std::array<Duration, kRecent> sorted = recent_;
        std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(known));
        return sorted[known / 2] > std::max(least_ * 3, kUnnoticed);
    }

private:
    static constexpr size_t kRecent = 9;
    static constexpr Duration kUnnoticed = std::chrono::microseconds(200);

    Duration least_ = Duration::max() / 4;
    std::array<Duration, kRecent> recent_{};
    size_t count_ = 0;
};

}  // namespace ezapi::sync
