// Folds what ingest appended to an hour into one row per combination.
//
// An hour is folded when what was appended outweighs what is folded (so that each row is rewritten
// a few times only, however long the hour goes on) and when it would shrink: where hardly any
// combination comes twice there is nothing to gain.
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

    /// Returns the hours that were folded. `now`: an hour that is over needs less to be folded.
    std::vector<Timestamp> run(Timestamp now, const Stopping& stopping) const;

private:
    [[nodiscard]] bool worth_it(Timestamp hour, Timestamp now) const;
    void fold(Timestamp hour) const;

    Db db_;
};

/// Every hour that request_log_hours holds, ascending.
[[nodiscard]] std::vector<Timestamp> known_hours(const Db& db);

}  // namespace ezapi::logs
