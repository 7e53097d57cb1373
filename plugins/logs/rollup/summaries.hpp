// Summarizes hours, days and weeks that are over, so that statistics over long ranges read a few
// rows per day.
//
// A span is announced in request_log_spans, under the writer's lock, before its hours are read.
// From then on the transaction of a late record removes the announcement, and the summary that was
// read is discarded. So a span that is marked as ready contains everything that is stored.
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

    /// Builds the summaries of spans that are over and have none; returns their number.
    size_t run(Timestamp now, const Stopping& stopping) const;

    /// Builds one span: "hour", "day" or "week". False when a record arrived meanwhile, or when a
    /// day of the week has no summary.
    bool build(std::string_view span, Timestamp starts) const;

private:
    [[nodiscard]] std::vector<Timestamp> missing(std::string_view span,
                                                 const std::set<Timestamp>& starts) const;
    void announce(std::string_view span, Timestamp starts) const;

    Db db_;
};

}  // namespace ezapi::logs
