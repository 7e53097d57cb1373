// The rule of revisions
//
// Redis must never go back: a write of an entity carries a revision, and Redis refuses one that is
// older than what it holds of that entity. For this it is enough that the revisions of ONE entity
// rise in the order in which its changes commit; nothing is asked of those of different entities.
//
// A number is drawn from the sequence while the entity's row in sync_entities is locked, that is
// in the DO UPDATE of the upsert, which PostgreSQL evaluates after it has locked the row. The lock
// is held until the end of the transaction, so the next change of the entity draws its number after
// this one is committed. (An entity's first change draws while inserting: two that race meet at
// the unique key, and the loser draws again in its DO UPDATE.) Numbers of different entities become
// visible out of order, which is why nothing here ever reads "all above the last": what waits is
// marked on its own row. A counter row would order everything, but each writer would wait for the
// commit of the one before it.
//
// The rows are the entities' clocks: one that is deleted and created again goes on counting. Seven
// days after its deletion has reached Redis a full push forgets the row (Ledger::forget_deleted),
// and so the tombstone in sync:rev. Nothing can bring the entity back then: whoever rendered it
// before that full push began is refused by the fence (backfill_fence.hpp), whoever renders it later sees
// that it is gone, and when it is created again it draws a number above all that were given out.
//
// Whoever pushes reads the revision and renders the entity in one snapshot. The change and its
// revision were committed together, so a rendering under revision r shows every change up to r; it
// may be delivered late, twice or by anybody.
//
// Two things are needed besides. (1) The watermark (watermark.hpp) waits for the transactions that
// may have drawn a number without having committed; it knows them by their transaction ids, so an
// id must be assigned before the first number is drawn: the condition on pg_current_xact_id() is
// planned as a one-time filter, evaluated before any row. (2) A database that was restored from a
// backup would draw numbers that Redis has seen already; that is noticed when Redis holds a
// revision above the entity's own, and the sequence is raised above it (Ledger::overtake).
//
// Locks: the rows are taken in the order of their keys by the only statement that ever waits for
// them; all others skip what is locked. So no two of them can wait for each other.
#include "ledger/recorder.hpp"

#include <algorithm>

#include "ledger/pg_lists.hpp"

namespace ezapi::sync {
namespace {

/// The instance that commits pushes at once; others take it over when it is due and still pending.
/// `unpushed_since` takes the number that was drawn in vain: it is the transaction's own and below
/// the one that the DO UPDATE draws.
constexpr std::string_view kRecord =
    "WITH recorded AS ("
    "  INSERT INTO sync_entities AS entity"
    "    (resource, key, revision, unpushed_since, state, next_attempt_at)"
    "  SELECT resource, key, drawn, drawn, 'pending', now() + interval '1 second'"
    "  FROM (SELECT resource, key, nextval('sync_revision') AS drawn"
    "        FROM unnest($1::text[], $2::text[]) AS changed(resource, key)"
    "        WHERE pg_current_xact_id() IS NOT NULL) AS fresh"
    "  ON CONFLICT (resource, key) DO UPDATE SET"
    "    revision = nextval('sync_revision'), state = 'pending', attempts = 0,"
    "    unpushed_since = CASE entity.state WHEN 'pending' THEN entity.unpushed_since"
    "      ELSE excluded.unpushed_since END,"
    "    created_at = CASE entity.state WHEN 'pending' THEN entity.created_at ELSE now() END,"
    "    next_attempt_at = excluded.next_attempt_at, claimed_until = NULL, claimed_by = NULL,"
    "    last_error = NULL, updated_at = now()"
    "  RETURNING resource, key, revision) "
    "INSERT INTO sync_changes (revision, resources, keys, revisions) "
    "SELECT max(revision), array_agg(resource), array_agg(key), array_agg(revision) FROM recorded "
    "RETURNING revision";

constexpr std::string_view kRecordNothing =
    "INSERT INTO sync_changes (revision, resources, keys, revisions) "
    "SELECT nextval('sync_revision'), '{}', '{}', '{}' WHERE pg_current_xact_id() IS NOT NULL "
    "RETURNING revision";

}  // namespace

Entities concerned(Changes changes, const std::set<std::string, std::less<>>& live) {
    Entities out;
    for (const ez_change& change : changes) {
        if (live.contains(view(change.resource)))
            out.push_back({std::string(view(change.resource)), std::string(view(change.id))});
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::int64_t record(Tx& tx, const Entities& entities) {
    if (entities.empty()) return tx.query(kRecordNothing).integer(0, 0);
    return tx.query(kRecord, {resources_of(entities), keys_of(entities)}).integer(0, 0);
}

}  // namespace ezapi::sync
