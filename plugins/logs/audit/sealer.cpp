#include "audit/sealer.hpp"

#include <string>
#include <vector>

#include "audit/chain.hpp"
#include "ezapi/changes.hpp"

namespace ezapi::logs {
namespace {

constexpr size_t kBatch = 500;

/// Without a lock and without a transaction number of its own, as it is asked all the time.
constexpr std::string_view kAnything =
    "SELECT head.sealed_below > pg_snapshot_xmax(now_open) OR EXISTS ("
    "  SELECT 1 FROM operation_logs o WHERE o.xid >= head.sealed_below"
    "    AND o.xid < pg_snapshot_xmin(now_open)) "
    "FROM operation_chain_head head, pg_current_snapshot() now_open";

/// Locked: one link after another.
constexpr std::string_view kHead =
    "SELECT position, hash, sealed_below FROM operation_chain_head FOR UPDATE";

/// Behind the lock, so that they are not older than the head.
constexpr std::string_view kOpen =
    "SELECT pg_snapshot_xmin(now_open), pg_snapshot_xmax(now_open), "
    "$1::xid8 > pg_snapshot_xmax(now_open) FROM pg_current_snapshot() now_open";

const std::string kUnsealed =
    "SELECT o.xid, " + std::string(kChainColumns) +
    " FROM operation_logs o WHERE (o.xid >= $1::xid8 AND o.xid < $2::xid8 OR o.xid >= $3::xid8) "
    "AND NOT EXISTS (SELECT 1 FROM operation_chain c WHERE c.operation_id = o.id) "
    "ORDER BY o.xid, o.id LIMIT $4";

constexpr std::string_view kSeal =
    "INSERT INTO operation_chain (position, operation_id, hash) "
    "SELECT $1 + place, operation_id, hash "
    "FROM unnest($2::bigint[], $3::text[]) WITH ORDINALITY AS link(operation_id, hash, place)";

constexpr std::string_view kMoveHead =
    "UPDATE operation_chain_head SET position = position + $1, hash = $2, "
    "sealed_below = $3::xid8, sealed_at = now()";

/// More than any transaction has.
constexpr std::string_view kNoTransaction = "18446744073709551615";

/// Inserts the links of the rows; returns the last of them.
std::string add_links(Tx& tx, std::int64_t position, std::string link, const Rows& rows) {
    std::vector<std::string_view> ids;
    std::vector<std::string> links;
    for (size_t row = 0; row < rows.size(); ++row) {
        link = next_link(link, canonical_form(rows, row, 1));
        ids.push_back(rows.text(row, 1));
        links.push_back(link);
    }
    const std::vector<std::string_view> views(links.begin(), links.end());
    if (!rows.empty()) tx.query(kSeal, {position, pg_array(ids), pg_array(views)});
    return link;
}

}  // namespace

void Sealer::run(const Run& run) const {
    while (!run.stopping() && anything() && seal(kBatch) == kBatch) {
    }
}

bool Sealer::anything() const {
    return db_.query(kAnything).boolean(0, 0);
}

size_t Sealer::seal(size_t most) const {
    Tx tx = db_.begin();
    const Rows head = tx.query(kHead);
    const Rows open = tx.query(kOpen, {head.text(0, 2)});
    const bool restored = open.boolean(0, 2);
    const Rows rows = tx.query(kUnsealed,
                               {restored ? "0" : head.text(0, 2),
                                open.text(0, 0),
                                restored ? open.text(0, 1) : kNoTransaction,
                                most});
    if (rows.empty() && !restored) return 0;
    const std::string link = add_links(tx, head.integer(0, 0), std::string(head.text(0, 1)), rows);
    // Where there may be more, the last transaction may have more rows than were taken.
    std::string_view below = open.text(0, 0);
    if (rows.size() == most) below = restored ? head.text(0, 2) : rows.text(most - 1, 0);
    tx.query(kMoveHead, {rows.size(), link, below});
    tx.commit();
    return rows.size();
}

}  // namespace ezapi::logs
