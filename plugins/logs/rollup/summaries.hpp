// Sums up hours, days and weeks that are over, so that statistics over long ranges read a few rows
// a day.
//
// A span is announced in request_log_spans before its hours are read, with the lock of the writer:
// from then on a record that arrives for it takes the announcement away in its own transaction, and
// what was read is thrown away. So a span that is ready tells all that is stored.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/db.hpp"

namespace ezapi::logs {

class Summaries {
public:
    explicit Summaries(Db db) : db_(std::move(db)) {}

    using Stopping = std::function<bool()>;

    /// Builds what is over and not summed up; returns how many spans that were.
    size_t run(Timestamp now, const Stopping& stopping) const;

    /// One span, "hour", "day" or "week"; false when a record came in between, or a day of the week
    /// is not summed up.
    bool build(std::string_view span, Timestamp starts) const;

private:
    [[nodiscard]] std::vector<Timestamp> missing(std::string_view span,
                                                 const std::set<Timestamp>& starts) const;
    void announce(std::string_view span, Timestamp starts) const;

    Db db_;
};

}  // namespace ezapi::logs
