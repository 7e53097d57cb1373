// Delayed delivery of quota usage to the data plane. Each counter report uses a little of many
// quotas; rendering every token for every report would cost many times what counting costs. Redis
// is updated at once only when it matters: when a quota is exhausted, or when at least a sixteenth
// of what was left of it is used. All other usage is kept in the column `quota_unshown`, which the
// projection leaves out, so that Redis and the database agree. A job delivers it soon after, a
// bounded number of tokens per run.
//
// Each process remembers the tokens whose delay began with its own counting, and scans from time to
// time for tokens left by a process that ended. There is no index for that scan, because it would
// have to be updated with every count.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "ezapi/db.hpp"
#include "ezapi/jobs.hpp"

namespace ezapi::keys {

/// Usage of at least 1 / kQuotaSteps of the remaining quota is delivered at once.
inline constexpr int kQuotaSteps = 16;

class QuotaLag {
public:
    explicit QuotaLag(Db db) : db_(std::move(db)) {}

    /// Adds tokens with undelivered usage. Thread-safe.
    void note(const std::vector<std::int64_t>& ids);

    /// One run of the job: delivers one batch.
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
