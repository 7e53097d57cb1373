// Plans the changes to the partitions of request_logs. Pure: the input is the time, the partitions
// and what is in them, the output are steps. Each step can be carried out alone, in order; a step
// that was not carried out is planned again next time.
//
// No row is rewritten when the mode changes. Existing partitions keep their bounds; a partition
// without an upper bound gets one at a future period, where partitions of the new kind begin.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ezapi/time.hpp"

namespace ezapi::logs {

enum class Partitioning { off, month, day };

[[nodiscard]] Partitioning partitioning_of(std::string_view setting);

/// Without a bound: Timestamp::min() and Timestamp::max().
struct Partition {
    std::string name;
    Timestamp from = Timestamp::min();
    Timestamp to = Timestamp::max();
    bool is_default = false;
    bool empty = false;
    bool ending = false;                  // has the CHECK constraint for a planned upper bound
    std::optional<Timestamp> first = {};  // time of the first row, of the default partition only
};

/// Creates a partition with these bounds, and moves rows of the default partition that belong to
/// it.
struct CreatePartition {
    std::string name;
    Timestamp from;
    Timestamp to;
};

struct CreateDefault {};

/// Drops an empty partition that stands in the way of another kind.
struct DropPartition {
    std::string name;
};

/// Removes the constraint of a planned upper bound: the partition accepts all rows again.
struct ReleasePartition {
    std::string name;
};

/// Sets the upper bound of a partition that has none; rows beyond it move to the default partition.
struct BoundPartition {
    std::string name;
    Timestamp from;
    Timestamp to;
};

using PartitionStep =
    std::variant<DropPartition, ReleasePartition, BoundPartition, CreateDefault, CreatePartition>;

[[nodiscard]] std::vector<PartitionStep> plan_partitions(Partitioning mode,
                                                         Timestamp now,
                                                         std::vector<Partition> partitions);

/// The start of the period that contains the time.
[[nodiscard]] Timestamp period_start(Partitioning mode, Timestamp time);
[[nodiscard]] Timestamp period_end(Partitioning mode, Timestamp time);

}  // namespace ezapi::logs
