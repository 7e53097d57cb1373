// Deletes request records by age and by number: whole partitions when all of their rows are
// expired, otherwise rows in bounded batches. Their contribution to the statistics remains until
// the statistics expire as well.
//
// A record is kept for at least 25 hours, because its row is what detects that its request id was
// already stored.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "ezapi/db.hpp"
#include "retention/partitions.hpp"

namespace ezapi::logs {

struct RetentionRules {
    std::int64_t days = 30;          // 0: kept forever
    std::int64_t max_records = 0;    // 0: no limit; records below the minimum age may exceed it
    std::int64_t rollup_days = 400;  // 0: kept forever
};

class Expiry {
public:
    explicit Expiry(Db db) : db_(db), partitions_(std::move(db)) {}

    /// True when the work should stop soon.
    using Stopping = std::function<bool()>;

    struct Outcome {
        std::int64_t records = 0;
        bool complete = true;  // nothing older is left
    };

    /// Deletes the records created before `cut`.
    Outcome delete_before(Timestamp cut, const Stopping& stopping) const;

    /// The latest cut that keeps the records below the minimum age.
    [[nodiscard]] static Timestamp latest_cut(Timestamp now) { return now - kYoung; }

    /// The cut that the rules require now; nullopt: nothing is deleted.
    [[nodiscard]] static std::optional<Timestamp> cut_by_age(const RetentionRules& rules,
                                                             Timestamp now);
    [[nodiscard]] std::optional<Timestamp> cut_by_number(const RetentionRules& rules,
                                                         Timestamp now) const;

    /// Deletes the statistics of days that ended before `cut`; returns the number of rows.
    std::int64_t delete_statistics_before(Timestamp cut, const Stopping& stopping) const;

private:
    static constexpr std::chrono::hours kYoung{25};

    [[nodiscard]] Tx begin() const;
    [[nodiscard]] std::int64_t rows_of(const std::string& partition) const;
    std::int64_t drop_partitions_before(Timestamp cut, const Stopping& stopping) const;

    Db db_;
    Partitions partitions_;
};

}  // namespace ezapi::logs
