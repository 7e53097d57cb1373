// For how long somebody who has applied everything up to a revision has lacked something: since the
// revision that was published next. Remembers when revisions were published, for a bounded time;
// who is further behind is so since at least its beginning. Not for several threads at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace ezapi::sync {

class Staleness {
public:
    using Clock = std::chrono::steady_clock;

    void published(std::int64_t revision, Clock::time_point now) {
        if (!seen_.empty() && revision <= seen_.back().revision) return;
        seen_.push_back({revision, now});
        if (seen_.size() > kRemembered) seen_.pop_front();
    }

    [[nodiscard]] Clock::duration of(std::int64_t applied, Clock::time_point now) const {
        for (const Seen& seen : seen_) {
            if (seen.revision > applied) return now - seen.at;
        }
        return {};
    }

private:
    static constexpr size_t kRemembered = 1000;

    struct Seen {
        std::int64_t revision;
        Clock::time_point at;
    };

    std::deque<Seen> seen_;  // revisions rise
};

}  // namespace ezapi::sync
