// Folds the rows that ingest appended to an hour into one row per combination.
//
// An hour is folded when it has more appended than folded rows, so that each row is rewritten only
// a few times however long the hour lasts, and only when folding would shrink it: when hardly any
// combination occurs twice, there is nothing to gain.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "ezapi/db.hpp"

namespace ezapi::logs {

class Folding {
public:
    explicit Folding(Db db) : db_(std::move(db)) {}

    using Stopping = std::function<bool()>;

    /// Returns the hours that were folded. `now`: hours that are over are folded at a lower
    /// threshold.
    std::vector<Timestamp> run(Timestamp now, const Stopping& stopping) const;

private:
    [[nodiscard]] bool worth_it(Timestamp hour, Timestamp now) const;
    void fold(Timestamp hour) const;

    Db db_;
};

/// All hours in request_log_hours, ascending.
[[nodiscard]] std::vector<Timestamp> known_hours(const Db& db);

}  // namespace ezapi::logs
