#include "ledger/state.hpp"

#include <algorithm>

#include "ezapi/json.hpp"
#include "ledger/pg_lists.hpp"

namespace ezapi::sync {
namespace {

constexpr std::string_view kRead =
    "SELECT epoch, published_revision,"
    "  (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM sync_revision),"
    "  coalesce(redis_run_id, ''), last_full_push_at, coalesce(last_error, ''), fills "
    "FROM sync_state";

constexpr std::string_view kDrawn =
    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM sync_revision";

/// One snapshot: which transactions run, and which revisions are pending as far as it sees.
constexpr std::string_view kHorizon =
    "SELECT pg_snapshot_xmin(snapshot)::text, pg_snapshot_xmax(snapshot)::text,"
    "  (SELECT min(unpushed_since) FROM sync_entities"
    "   WHERE state = 'pending' AND resource = ANY($1::text[])) "
    "FROM pg_current_snapshot() AS snapshot";

/// What is written over is named as the script of the begin names it, see scripts.cpp.
constexpr std::string_view kNoteFillBegun =
    "UPDATE sync_state SET fills = fills || jsonb_build_object($1::text,"
    "  CASE WHEN fills->>$1 = $3 AND $3 NOT LIKE 'into:%'"
    "    THEN 'over:' || $2 || ':' || substring($3 FROM '[^:]*$')"
    "    ELSE 'into:' || $2 END)";

}  // namespace

SyncState StateRow::read() const {
    const Rows rows = db_.query(kRead);
    return {std::string(rows.text(0, 0)),
            rows.integer(0, 1),
            rows.integer(0, 2),
            std::string(rows.text(0, 3)),
            rows.time(0, 4),
            std::string(rows.text(0, 5)),
            parse_json(rows.text(0, 6)).get<std::map<std::string, std::string>>()};
}

void StateRow::note_published(std::int64_t revision) const {
    db_.query("UPDATE sync_state SET published_revision = $1 WHERE published_revision < $1",
              {revision});
}

void StateRow::note_error(const std::string& error) const {
    db_.query("UPDATE sync_state SET last_error = $1 WHERE last_error IS DISTINCT FROM $1",
              {error});
}

void StateRow::note_full_push(const std::string& redis_run_id) const {
    db_.query(
        "UPDATE sync_state SET last_full_push_at = now(), redis_run_id = nullif($1, ''),"
        "  last_error = NULL, published_revision = 0",
        {redis_run_id});
}

void StateRow::note_fill_begun(const std::string& resource,
                               const std::string& push,
                               std::string_view found) const {
    db_.query(kNoteFillBegun, {resource, push, found});
}

void StateRow::note_fill(const std::string& resource, const std::string& push) const {
    db_.query("UPDATE sync_state SET fills = fills || jsonb_build_object($1::text, $2::text)",
              {resource, push});
}

void StateRow::note_drift(const DriftState& found) const {
    db_.query(
        "UPDATE sync_state SET drift_checked_at = now(), drift_found = $1, drift_repaired = $2,"
        "  drift_report = $3::jsonb",
        {found.found, found.repaired, found.report});
}

DriftState StateRow::drift() const {
    const Rows rows = db_.query(
        "SELECT drift_found, drift_repaired, coalesce(drift_report::text, ''), drift_checked_at "
        "FROM sync_state");
    return {rows.integer(0, 0), rows.integer(0, 1), std::string(rows.text(0, 2)), rows.time(0, 3)};
}

bool StateRow::take_lease(const std::string& owner) const {
    return db_.query(
                  "UPDATE sync_state SET full_owner = $1, full_until = now() + interval '4 seconds'"
                  " WHERE full_owner IS NULL OR full_until < now()",
                  {owner})
               .affected() == 1;
}

bool StateRow::keep_lease(const std::string& owner) const {
    return db_.query(
                  "UPDATE sync_state SET full_until = now() + interval '4 seconds' "
                  "WHERE full_owner = $1",
                  {owner})
               .affected() == 1;
}

void StateRow::drop_lease(const std::string& owner) const {
    db_.query("UPDATE sync_state SET full_owner = NULL WHERE full_owner = $1", {owner});
}

/// In one session, so that no crash comes between the number and the commit that makes it durable,
/// along with whatever was written before. That commit is also what puts the horizon above all who
/// have drawn: a snapshot's xmax is the id behind the latest COMPLETED transaction, and this one
/// got its id after theirs.
std::int64_t Watermark::durable_number() {
    Tx tx = db_.begin();
    const std::int64_t out = tx.query(kDrawn).integer(0, 0);
    if (out > durable_) tx.query("UPDATE sync_state SET epoch = epoch");
    tx.commit();
    durable_ = std::max(durable_, out);
    return out;
}

std::optional<std::int64_t> Watermark::advance(const std::vector<std::string>& resources) {
    // In this order: a number drawn after the first statement is not counted, and whoever drew one
    // before it has an id below the horizon that the second one finds.
    const std::int64_t drawn = durable_number();
    const Rows rows = db_.query(kHorizon, {pg_array(resources)});
    const std::int64_t oldest_running = rows.integer(0, 0);
    const std::int64_t next = rows.integer(0, 1);
    const Candidate now{drawn, next};
    std::optional<std::int64_t> settled;
    if (oldest_running >= now.horizon) {
        settled = now.revision;
    } else if (waiting_ && oldest_running >= waiting_->horizon) {
        settled = waiting_->revision;
    }
    if (settled || !waiting_) waiting_ = now;
    if (!settled) return std::nullopt;
    if (const auto least_pending = rows.optional_integer(0, 2))
        settled = std::min(*settled, *least_pending - 1);
    return settled;
}

}  // namespace ezapi::sync
