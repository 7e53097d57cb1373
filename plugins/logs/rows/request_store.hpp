// Stores a group of rows and what they add to the statistics, in one transaction of the log
// database.
//
// A record is known by its master and its request id; records without a master are a space of their
// own. What comes under the same two later is a duplicate where it is the same record again, as a
// client sends it that had no answer, and is refused as of a reused id where it is another
// (rows/same_record.hpp): only the rows of ids that are known already are compared. Inside
// a partition its unique index sees to that: rows are copied straight in, and only when that fails
// are the ids looked up and the group copied again without those that are there. Across partitions
// no index can, so a record near a bound is looked up first, within 25 hours; a group with such
// records is written alone, of all processes, so that nobody adds one in between
// (request_logs_enter). Other groups may be written side by side.
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

    /// Any thread. Durable when it returns; each row is stored, a duplicate or of a reused id then.
    /// On an Error nothing is stored, except when the outcome is unknown: then a repetition tells.
    void write(std::span<RowRef> rows);

private:
    enum class LookUp { suspects, all };

    static void mark_twins(std::span<RowRef> rows);

    /// The rows of some ids, to be compared with what is stored of them.
    struct Asked {
        std::string ids;  // an array of PostgreSQL's, not closed yet
        std::int64_t first_us = PartitionMap::kAlways;
        std::int64_t last_us = -PartitionMap::kAlways;

        void add(const RowRef& ref);
    };

    template <class Source>
    static void mark_stored(Source& source,
                            std::span<RowRef> rows,
                            Asked asked,
                            const PartitionMap& partitions);

    /// The partitions, and what tells that they are others now.
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
    int looks_ahead_ = 0;  // groups that are looked up first, since duplicates come in swarms
};

}  // namespace ezapi::logs
