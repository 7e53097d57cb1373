// Statistics of a time range: whole weeks, days and hours from the summaries, other whole hours
// from the hourly rollup, and the edges of a range that does not begin or end on the hour from the
// records. All are read in one snapshot, in which they agree.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ezapi/db.hpp"
#include "query/cover.hpp"
#include "query/figures.hpp"
#include "query/grouping.hpp"

namespace ezapi::logs {

struct Group {
    std::string value;
    Aggregate figures;
};

struct Groups {
    std::vector<Group> listed;  // ascending by time; otherwise descending by requests
    std::size_t count = 0;      // of all groups, listed or not
    Aggregate total;            // of all groups
};

class Statistics {
public:
    /// `tx`: a repeatable-read transaction of the log database. `master_id` 0: all masters.
    Statistics(Tx& tx, const TimeSpan& range, std::int64_t master_id);

    /// Lists at most `most` groups, those with the most requests; when grouped by time, all.
    [[nodiscard]] Groups by(const Grouping& grouping, std::size_t most);

    [[nodiscard]] Aggregate total();

private:
    using Found = std::map<std::string, Aggregate, std::less<>>;

    struct Largest {
        std::vector<std::string> values;
        std::size_t groups = 0;  // number of all groups in the rollups
    };

    void settle_edges(const TimeSpan& range);
    void read_spans(const TimeSpan& whole);
    [[nodiscard]] bool nothing_in(const TimeSpan& span);
    [[nodiscard]] std::string parts(const Grouping& grouping) const;
    [[nodiscard]] std::vector<Param> places(const Grouping& grouping) const;
    [[nodiscard]] Found from_rows(const Grouping& grouping);
    [[nodiscard]] Largest find_largest(const Grouping& grouping, std::size_t most);
    std::size_t add_figures(const Grouping& grouping, const Largest* only, Found& found);
    [[nodiscard]] std::size_t add_many(const Grouping& grouping, std::size_t most, Found& found);

    Tx& tx_;
    std::int64_t master_id_;
    std::vector<TimeSpan> edges_;
    Cover cover_;
    Cover cover_by_day_;   // without weeks
    Cover cover_by_hour_;  // without any summaries
};

}  // namespace ezapi::logs
