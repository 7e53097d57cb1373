// What the data plane is told of quotas that are being used up. Every report of counters uses many
// of them a little, and rendering each token for each report would cost many times what counting
// costs. So Redis hears at once of what matters: that a quota is exhausted, or that at least a
// sixteenth of what was left of it is gone. All else stands in the column `quota_unshown`, which
// the projection leaves out so that Redis and the database agree, and is told soon: so many tokens
// in each run of a job.
//
// Each process remembers the tokens whose lag began with what it counted, and looks now and then
// for those that a process which ended has left behind. No index leads to them, because it would
// have to be written with every count.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "ezapi/db.hpp"
#include "ezapi/jobs.hpp"

namespace ezapi::keys {

/// The least part of what was left that Redis hears of at once is 1 / kQuotaSteps.
inline constexpr int kQuotaSteps = 16;

class QuotaLag {
public:
    explicit QuotaLag(Db db) : db_(std::move(db)) {}

    /// Tokens with something unshown. Any thread.
    void note(const std::vector<std::int64_t>& ids);

    /// One run of the job: tells what one batch of them has used.
    void tell(const Run& run);

private:
    void look_for_left_behind();
    [[nodiscard]] std::vector<std::int64_t> take();

    Db db_;
    std::mutex mutex_;
    std::set<std::int64_t> ids_;
    std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace ezapi::keys
