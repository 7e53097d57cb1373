// What has to happen to the partitions of request_logs so that they are as they should be. Pure:
// time, the partitions and what is in them go in, steps come out; each can be done alone, in order,
// and what is left undone comes out again next time.
//
// No row is rewritten when the mode changes. What exists keeps its bounds; a partition without an
// end gets one at a period to come, and the new kind begins there.
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

/// No bound: Timestamp::min() and Timestamp::max().
struct Partition {
    std::string name;
    Timestamp from = Timestamp::min();
    Timestamp to = Timestamp::max();
    bool is_default = false;
    bool empty = false;
    bool ending = false;                  // refuses rows behind an end that it was about to get
    std::optional<Timestamp> first = {};  // of the rows of the default partition
};

/// A partition of these bounds, empty; or with the rows that the default partition holds of them.
struct CreatePartition {
    std::string name;
    Timestamp from;
    Timestamp to;
};

struct CreateDefault {};

/// An empty one that stands where another kind belongs.
struct DropPartition {
    std::string name;
};

/// One that was about to get an end and does not get it any more: it takes all rows again.
struct ReleasePartition {
    std::string name;
};

/// An end for a partition that has none; rows behind it move to the default partition.
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

/// The period that holds a time.
[[nodiscard]] Timestamp period_start(Partitioning mode, Timestamp time);
[[nodiscard]] Timestamp period_end(Partitioning mode, Timestamp time);

}  // namespace ezapi::logs
