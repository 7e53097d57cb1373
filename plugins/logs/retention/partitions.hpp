// The partitions of request_logs as they are in the log database, and the steps of a plan carried
// out. Each step is a transaction of its own that waits briefly for its locks and otherwise leaves
// all as it was: it is planned again with the next run. While rows change their partition nobody
// writes: such a step holds the lock of the writer.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ezapi/db.hpp"
#include "retention/partition_plan.hpp"

namespace ezapi::logs {

class Partitions {
public:
    explicit Partitions(Db db) : db_(std::move(db)) {}

    /// `now`: what only later partitions are asked is asked of those behind it.
    [[nodiscard]] std::vector<Partition> read(Timestamp now) const;

    /// Throws when the step has to wait for another time.
    void apply(const PartitionStep& step) const;

    /// Lets masters use the same request ids in partitions that an earlier version has made.
    void own_ids() const;

    /// With its rows.
    void drop(const std::string& name) const;

    [[nodiscard]] std::int64_t rows_in_default() const;

private:
    [[nodiscard]] Tx begin() const;
    void carry_out(const DropPartition& step) const;
    void carry_out(const ReleasePartition& step) const;
    void carry_out(const BoundPartition& step) const;
    void carry_out(const CreateDefault& step) const;
    void carry_out(const CreatePartition& step) const;
    [[nodiscard]] bool is_checked(const BoundPartition& step) const;
    [[nodiscard]] bool has_default(Tx& tx) const;
    static void create_default(Tx& tx);

    Db db_;
};

}  // namespace ezapi::logs
