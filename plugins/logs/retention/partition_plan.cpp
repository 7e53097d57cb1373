#include "retention/partition_plan.hpp"

#include <algorithm>
#include <cstdio>

namespace ezapi::logs {
namespace {

using namespace std::chrono;

// The least time until the upper bound of an open partition: later than any record that ingest
// accepts (a day ahead), with time to validate the rows.
constexpr hours kLeast{25};
constexpr days kDaysAhead{7};
constexpr days kMonthsAhead{62};

year_month_day date_of(Timestamp time) {
    return year_month_day{floor<days>(time)};
}

std::string name_of(Timestamp from, Timestamp to) {
    const auto text = [](Timestamp time) {
        const year_month_day date = date_of(time);
        char out[40];
        std::snprintf(out,
                      sizeof out,
                      "%04d%02u%02u",
                      static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()));
        return std::string(out);
    };
    return "request_logs_" + text(from) + (to == Timestamp::max() ? "_on" : "_" + text(to));
}

CreatePartition create(Timestamp from, Timestamp to) {
    return {name_of(from, to), from, to};
}

class Planner {
public:
    Planner(Partitioning mode, Timestamp now, std::vector<Partition> partitions)
        : mode_(mode), now_(now) {
        for (Partition& partition : partitions) {
            if (partition.is_default)
                default_ = std::move(partition);
            else
                bounded_.push_back(std::move(partition));
        }
        std::sort(bounded_.begin(), bounded_.end(), [](const auto& left, const auto& right) {
            return left.from < right.from;
        });
    }

    std::vector<PartitionStep> plan() {
        drop_what_stands_in_the_way();
        release_what_gets_no_end();
        bound_the_open_one();
        if (!default_ && mode_ != Partitioning::off) steps_.push_back(CreateDefault{});
        make_ahead();
        house_strays();
        return steps_;
    }

private:
    /// Whether the partition is as this mode would create it after a partition that ends at
    /// `before`.
    [[nodiscard]] bool fits(const Partition& partition, Timestamp before) const {
        if (mode_ == Partitioning::off)
            return partition.to == Timestamp::max() && partition.from == before;
        if (partition.to == Timestamp::max()) return false;
        const bool begins_well =
            partition.from == before || partition.from == period_start(mode_, partition.from);
        return begins_well && partition.to == period_end(mode_, partition.from);
    }

    void drop_what_stands_in_the_way() {
        Timestamp before = Timestamp::min();
        std::erase_if(bounded_, [this, &before](const Partition& partition) {
            const bool to_come = partition.from > now_;
            if (to_come && partition.empty && !fits(partition, before)) {
                steps_.push_back(DropPartition{partition.name});
                return true;
            }
            before = partition.to;
            return false;
        });
    }

    [[nodiscard]] bool gets_an_end(const Partition& partition) const {
        return mode_ != Partitioning::off && partition.to == Timestamp::max();
    }

    void release_what_gets_no_end() {
        for (const Partition& partition : bounded_) {
            if (partition.ending && !gets_an_end(partition))
                steps_.push_back(ReleasePartition{partition.name});
        }
    }

    /// Ignores rows with times in the future; they are moved.
    void bound_the_open_one() {
        if (bounded_.empty() || !gets_an_end(bounded_.back())) return;
        const Partition& open = bounded_.back();
        const Timestamp end = period_end(mode_, std::max(now_ + kLeast, open.from));
        steps_.push_back(BoundPartition{open.name, open.from, end});
        bounded_.back().to = end;
    }

    void make_ahead() {
        if (mode_ == Partitioning::off) {
            if (bounded_.empty())
                add(Timestamp::min(), Timestamp::max());
            else if (bounded_.back().to != Timestamp::max())
                add(bounded_.back().to, Timestamp::max());
            return;
        }
        const Timestamp until = now_ + (mode_ == Partitioning::day ? kDaysAhead : kMonthsAhead);
        Timestamp at = now_;
        while (at < until) {
            const auto holding =
                std::find_if(bounded_.begin(), bounded_.end(), [at](const Partition& partition) {
                    return partition.from <= at && at < partition.to;
                });
            if (holding != bounded_.end()) {
                at = holding->to;
                continue;
            }
            add(clipped_start(at), clipped_end(at));
            at = homes_.back().to;
        }
    }

    /// The start of the period, or the end of the previous partition if later.
    [[nodiscard]] Timestamp clipped_start(Timestamp time) const {
        Timestamp start = period_start(mode_, time);
        for (const Partition& partition : bounded_) {
            if (partition.to <= time) start = std::max(start, partition.to);
        }
        return start;
    }

    /// The end of the period, or the start of the next partition if earlier.
    [[nodiscard]] Timestamp clipped_end(Timestamp from) const {
        Timestamp end = period_end(mode_, from);
        for (const Partition& partition : bounded_) {
            if (partition.from > from) end = std::min(end, partition.from);
        }
        return end;
    }

    void add(Timestamp from, Timestamp to) {
        steps_.push_back(create(from, to));
        homes_.push_back({.name = {}, .from = from, .to = to});
    }

    /// Creates a partition for the oldest rows of the default one; the next run continues with what
    /// is left.
    void house_strays() {
        if (!default_ || !default_->first || mode_ == Partitioning::off) return;
        const Timestamp stray = *default_->first;
        const auto has_home = [stray](const Partition& partition) {
            return partition.from <= stray && stray < partition.to;
        };
        if (std::any_of(homes_.begin(), homes_.end(), has_home) ||
            std::any_of(bounded_.begin(), bounded_.end(), has_home))
            return;
        steps_.push_back(create(clipped_start(stray), clipped_end(stray)));
    }

    Partitioning mode_;
    Timestamp now_;
    std::vector<Partition> bounded_;  // ascending
    std::vector<Partition> homes_;    // planned partitions
    std::optional<Partition> default_;
    std::vector<PartitionStep> steps_;
};

}  // namespace

Partitioning partitioning_of(std::string_view setting) {
    if (setting == "month") return Partitioning::month;
    return setting == "day" ? Partitioning::day : Partitioning::off;
}

Timestamp period_start(Partitioning mode, Timestamp time) {
    const year_month_day date = date_of(time);
    if (mode == Partitioning::month) return sys_days{date.year() / date.month() / 1};
    return sys_days{date};
}

Timestamp period_end(Partitioning mode, Timestamp time) {
    const year_month_day date = date_of(time);
    if (mode == Partitioning::month) return sys_days{(date.year() / date.month() + months{1}) / 1};
    return sys_days{date} + days{1};
}

std::vector<PartitionStep> plan_partitions(Partitioning mode,
                                           Timestamp now,
                                           std::vector<Partition> partitions) {
    return Planner(mode, now, std::move(partitions)).plan();
}

}  // namespace ezapi::logs
