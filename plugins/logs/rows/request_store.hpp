// Stores a group of rows and what they add to the statistics, in one transaction of the log
// database.
//
// A request id is stored once. Inside a partition its unique index sees to that: rows are copied
// straight in, and only when that fails are the ids looked up and the group copied again without
// those that are there. Across partitions no index can, so a record near a bound is looked up
// first, within 25 hours. Nobody can add one in between: a transaction that adds rows holds the
// lock of the writer (request_logs_enter), in this process and all others.
#pragma once

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

    /// Durable when it returns; each row is stored or a duplicate then. On an Error nothing is
    /// stored, except when the outcome is unknown: then a repetition tells.
    void write(std::span<RowRef> rows);

private:
    enum class LookUp { suspects, all };

    static void mark_twins(std::span<RowRef> rows);
    void attempt(std::span<RowRef> rows, LookUp look_up);
    void know_partitions(Tx& tx, std::string_view signature);
    void mark_known(Tx& tx, std::span<RowRef> rows, LookUp look_up);
    [[nodiscard]] bool suspected(const RowRef& ref) const;

    Db db_;
    RecentIds recent_;
    PartitionMap partitions_;
    std::string signature_;
    int looks_ahead_ = 0;  // groups that are looked up first, since duplicates come in swarms
};

}  // namespace ezapi::logs
