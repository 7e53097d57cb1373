#include "audit/sealer.hpp"

#include <string>
#include <vector>

#include "audit/chain.hpp"
#include "ezapi/changes.hpp"
#include "ezapi/time.hpp"

namespace ezapi::logs {
namespace {

constexpr size_t kBatch = 500;

/// Takes no lock and no transaction id, because it runs often.
constexpr std::string_view kAnything =
    "SELECT head.sealed_below > pg_snapshot_xmax(now_open) OR EXISTS ("
    "  SELECT 1 FROM operation_logs o WHERE o.xid >= head.sealed_below"
    "    AND o.xid < pg_snapshot_xmin(now_open)) "
    "FROM operation_chain_head head, pg_current_snapshot() now_open";

/// Locks the head, so that sealing is serialized.
const std::string kHead = "SELECT " + std::string(kHeadColumns) +
                          ", head.sealed_below, (SELECT c.hash FROM operation_chain c WHERE "
                          "c.position = head.position) FROM operation_chain_head head FOR UPDATE";
constexpr size_t kSealedBelow = 6;
constexpr size_t kLastLink = 7;

/// Runs after the head is locked, so that the snapshot is not older than the head.
constexpr std::string_view kOpen =
    "SELECT pg_snapshot_xmin(now_open), pg_snapshot_xmax(now_open), "
    "$1::xid8 > pg_snapshot_xmax(now_open) FROM pg_current_snapshot() now_open";

const std::string kUnsealed =
    "SELECT o.xid, " + std::string(kChainColumns) +
    " FROM operation_logs o WHERE (o.xid >= $1::xid8 AND o.xid < $2::xid8 OR o.xid >= $3::xid8) "
    "AND NOT EXISTS (SELECT 1 FROM operation_chain c WHERE c.operation_id = o.id) "
    "ORDER BY o.xid, o.id LIMIT $4";

constexpr std::string_view kSeal =
    "INSERT INTO operation_chain (position, operation_id, hash, key_id) "
    "SELECT $1 + place, operation_id, hash, $4 "
    "FROM unnest($2::bigint[], $3::text[]) WITH ORDINALITY AS link(operation_id, hash, place)";

constexpr std::string_view kMoveHead =
    "UPDATE operation_chain_head SET position = $1, hash = $2, sealed_at = timestamptz 'epoch' + "
    "$3::bigint * interval '1 microsecond', keyed_from = $4, key_id = $5, signature = $6, "
    "sealed_below = $7::xid8";

/// Greater than any transaction id.
constexpr std::string_view kNoTransaction = "18446744073709551615";

/// Inserts the links of the rows; returns the last link.
std::string add_links(Tx& tx, const AuditKeys& keys, const ChainHead& head, const Rows& rows) {
    std::string link = head.hash;
    std::vector<std::string_view> ids;
    std::vector<std::string> links;
    for (size_t row = 0; row < rows.size(); ++row) {
        link = keys.link(link, canonical_form(rows, row, 1), keys.current());
        ids.push_back(rows.text(row, 1));
        links.push_back(link);
    }
    if (!rows.empty())
        tx.query(kSeal, {head.position, pg_array(ids), pg_array(links), keys.current()});
    return link;
}

std::int64_t microseconds_now() {
    return now().time_since_epoch().count();
}

/// Signs and stores the head.
void move_head(Tx& tx, const AuditKeys& keys, ChainHead head, std::string_view sealed_below) {
    head.sealed_at_us = microseconds_now();
    head.key_id = keys.current();
    head.signature = keys.signature(head);
    tx.query(kMoveHead,
             {head.position,
              head.hash,
              head.sealed_at_us,
              head.keyed_from,
              head.key_id,
              head.signature,
              sealed_below});
}

/// A head that was tampered with must stay unchanged: a new signature would hide the tampering.
std::string fault_of(const AuditKeys& keys, const ChainHead& head, const Rows& rows) {
    if (!keys.knows(head.key_id))
        return "its head is signed with the key '" + head.key_id +
               "', which EZ_AUDIT_KEYS does not have";
    if (keys.signature(head) != head.signature) return "the signature of its head is wrong";
    const std::string last =
        head.position == 0 ? chain_origin() : std::string(rows.text(0, kLastLink));
    return last == head.hash ? std::string() : "its last link is not the one that its head names";
}

}  // namespace

void Sealer::run(const Run& run) {
    if (!anchors_.last()) begin_keyed();
    while (!run.stopping() && anything() && seal(kBatch) == kBatch) {
    }
}

bool Sealer::anything() const {
    return db_.query(kAnything).boolean(0, 0);
}

void Sealer::begin_keyed() const {
    Tx tx = db_.begin();
    const Rows rows = tx.query(kHead);
    ChainHead head = read_head(rows);
    if (!head.key_id.empty()) return;
    head.keyed_from = head.position + 1;
    move_head(tx, keys_, head, rows.text(0, kSealedBelow));
    tx.commit();
    log_.info("operation log: links are signed with key '" + keys_.current() + "' from position " +
              std::to_string(head.keyed_from) + " on" +
              (head.keyed_from > 1 ? "; those before it are not" : ""));
}

size_t Sealer::seal(size_t most) {
    Tx tx = db_.begin();
    const Rows locked = tx.query(kHead);
    ChainHead head = read_head(locked);
    const std::string fault = fault_of(keys_, head, locked);
    if (fault != fault_) {
        fault_ = fault;
        if (fault.empty()) {
            log_.info("operation log: its chain goes on");
        } else {
            log_.error("operation log: nothing is sealed any more: " + fault +
                       "; see GET /admin/operation-logs/verify");
        }
    }
    if (!fault.empty()) return 0;
    const std::string_view sealed_below = locked.text(0, kSealedBelow);
    const Rows open = tx.query(kOpen, {sealed_below});
    const bool restored = open.boolean(0, 2);
    const Rows rows = tx.query(kUnsealed,
                               {restored ? "0" : sealed_below,
                                open.text(0, 0),
                                restored ? open.text(0, 1) : kNoTransaction,
                                most});
    if (rows.empty() && !restored) return 0;
    head.hash = add_links(tx, keys_, head, rows);
    head.position += static_cast<std::int64_t>(rows.size());
    // When there may be more rows, the last transaction may have further ones, so it is not
    // skipped.
    std::string_view below = open.text(0, 0);
    if (rows.size() == most) below = restored ? sealed_below : rows.text(most - 1, 0);
    move_head(tx, keys_, std::move(head), below);
    tx.commit();
    return rows.size();
}

}  // namespace ezapi::logs
