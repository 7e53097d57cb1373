// Recomputes the hours from the records and says what differed. An hour at a time, while nobody
// writes; hours of which records may have been deleted are left alone, as their records no longer
// tell what there was.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "ezapi/db.hpp"

namespace ezapi::logs {

class Rebuild {
public:
    explicit Rebuild(Db db) : db_(std::move(db)) {}

    using Stopping = std::function<bool()>;

    struct Difference {
        Timestamp hour;
        std::int64_t combinations = 0;  // that were wrong, missing or too many
        std::int64_t requests_before = 0;
        std::int64_t requests_after = 0;
        std::int64_t summaries = 0;
    };

    struct Outcome {
        std::int64_t hours = 0;    // that were compared
        std::int64_t skipped = 0;  // without all their records
        std::vector<Difference> differed;
        std::int64_t summaries = 0;     // hours and days that were summed up and not as their hours
        std::optional<Timestamp> next;  // where to go on, when not all was done
    };

    /// The hours of [from, to), until it stops or one fails. Throws ezapi::Error when the first
    /// does.
    [[nodiscard]] Outcome run(Timestamp from, Timestamp to, const Stopping& stopping) const;

private:
    [[nodiscard]] std::vector<Timestamp> hours_between(Timestamp from, Timestamp to) const;
    [[nodiscard]] std::optional<Difference> hour(Timestamp hour) const;

    Db db_;
};

}  // namespace ezapi::logs
