// Reads the partitions of request_logs from the log database and carries out the steps of a plan.
// Each step is a transaction of its own that waits only briefly for its locks; if it cannot get
// them, nothing changes, and the step is planned again in the next run. Steps that move rows
// between partitions hold the writer's lock, so that nobody writes meanwhile.
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

    /// `empty` is determined only for partitions that begin after `now`.
    [[nodiscard]] std::vector<Partition> read(Timestamp now) const;

    /// Throws when the step has to be tried again later.
    void apply(const PartitionStep& step) const;

    /// Makes request ids unique per master in partitions that were created by an earlier version.
    void own_ids() const;

    /// Drops the partition with its rows.
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
