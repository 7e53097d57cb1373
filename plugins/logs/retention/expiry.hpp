// Deletes request records by age and number: whole partitions where they lie wholly behind the cut,
// rows in bounded batches otherwise. What they added to the statistics stays until it is too old
// itself.
//
// A record is young for 25 hours, and stays as long: its row is what tells that its request id was
// stored already.
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
    std::int64_t days = 30;          // 0: for ever
    std::int64_t max_records = 0;    // 0: any number; young ones may be more
    std::int64_t rollup_days = 400;  // 0: for ever
};

class Expiry {
public:
    explicit Expiry(Db db) : db_(db), partitions_(std::move(db)) {}

    /// True: end soon.
    using Stopping = std::function<bool()>;

    struct Outcome {
        std::int64_t records = 0;
        bool complete = true;  // nothing older is left
    };

    /// Records from before `cut`.
    Outcome delete_before(Timestamp cut, const Stopping& stopping) const;

    /// The latest cut that leaves the young records alone.
    [[nodiscard]] static Timestamp latest_cut(Timestamp now) { return now - kYoung; }

    /// Where the rules cut now; nothing: everything stays.
    [[nodiscard]] static std::optional<Timestamp> cut_by_age(const RetentionRules& rules,
                                                             Timestamp now);
    [[nodiscard]] std::optional<Timestamp> cut_by_number(const RetentionRules& rules,
                                                         Timestamp now) const;

    /// Statistics of days that ended before `cut`; returns the rows that went.
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
