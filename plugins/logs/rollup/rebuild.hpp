// Recomputes the hours from the records and reports the differences. One hour at a time, while
// writers are blocked. Hours whose records may have been deleted are skipped, because the remaining
// records do not add up to them.
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
        std::int64_t combinations = 0;  // wrong, missing or superfluous ones
        std::int64_t requests_before = 0;
        std::int64_t requests_after = 0;
        std::int64_t summaries = 0;
    };

    struct Outcome {
        std::int64_t hours = 0;    // hours that were compared
        std::int64_t skipped = 0;  // hours without all their records
        std::vector<Difference> differed;
        std::int64_t summaries = 0;     // spans whose summary differed from their hours
        std::optional<Timestamp> next;  // where to continue when not all was done
    };

    /// Rebuilds the hours of [from, to), until it is stopped or one fails. Throws ezapi::Error when
    /// the first hour fails.
    [[nodiscard]] Outcome run(Timestamp from, Timestamp to, const Stopping& stopping) const;

private:
    [[nodiscard]] std::vector<Timestamp> hours_between(Timestamp from, Timestamp to) const;
    [[nodiscard]] std::optional<Difference> hour(Timestamp hour) const;

    Db db_;
};

}  // namespace ezapi::logs
