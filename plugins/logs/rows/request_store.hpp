// Stores a group of rows and their contribution to the statistics in one transaction of the log
// database.
//
// A record is identified by its master and its request id; records without a master form a space of
// their own. A later record with the same identity is a duplicate when its content is the same, as
// when a client without an answer sends again, and is refused as a reused id otherwise
// (rows/same_record.hpp); only rows of ids that are already known are compared. Within a partition
// the unique index detects this: rows are copied directly, and only when that fails are the ids
// looked up and the group is copied again without the rows that exist. Across partitions no index
// can do this, so records within 25 hours of a partition bound are looked up first. A group with
// such records is written exclusively, across all processes, so that nobody inserts one in between
// (request_logs_enter). Other groups may be written concurrently.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "ezapi/db.hpp"
#include "rollup/deltas.hpp"
#include "rows/partition_map.hpp"
#include "rows/recent_ids.hpp"
#include "rows/row_block.hpp"

namespace ezapi::logs {

class RequestStore {
public:
    explicit RequestStore(Db db) : db_(std::move(db)) {}

    /// Thread-safe. On return the result is durable, and each row is stored, a duplicate or a
    /// reused id. When it throws Error nothing is stored, unless the outcome of the commit is
    /// unknown: then a repetition finds out.
    void write(std::span<RowRef> rows);

private:
    enum class LookUp { suspects, all };

    static void mark_twins(std::span<RowRef> rows);

    /// A query for the stored rows of some ids, to compare them with new ones.
    struct Asked {
        std::string ids;  // PostgreSQL array literal, not closed yet
        std::int64_t first_us = PartitionMap::kAlways;
        std::int64_t last_us = -PartitionMap::kAlways;

        void add(const RowRef& ref);
    };

    template <class Source>
    static void mark_stored(Source& source,
                            std::span<RowRef> rows,
                            Asked asked,
                            const PartitionMap& partitions);

    /// The partitions, and a signature that changes with them.
    struct Layout {
        PartitionMap partitions;
        std::string signature;
    };

    [[nodiscard]] bool attempt(std::span<RowRef> rows, LookUp look_up);
    [[nodiscard]] bool add_few(std::span<RowRef> rows, const Layout& known);
    [[nodiscard]] bool own_ids() const;
    void know_partitions(Tx& tx, std::string_view signature);
    void mark_known(Tx& tx, std::span<RowRef> rows, LookUp look_up, const PartitionMap& partitions);
    [[nodiscard]] std::vector<bool> suspects(std::span<const RowRef> rows,
                                             const PartitionMap& partitions) const;
    [[nodiscard]] std::shared_ptr<const Layout> layout() const;

    Db db_;
    mutable std::mutex mutex_;
    RecentIds recent_;
    std::shared_ptr<const Layout> layout_ = std::make_shared<Layout>();
    int looks_ahead_ = 0;  // groups to look up first, since duplicates come in bursts
};

}  // namespace ezapi::logs
