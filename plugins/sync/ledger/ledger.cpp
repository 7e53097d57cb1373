#include "ledger/ledger.hpp"

#include <algorithm>
#include <map>

#include "ledger/backfill_state.hpp"
#include "ledger/backoff.hpp"
#include "ledger/pg_lists.hpp"

namespace ezapi::sync {
namespace {

constexpr std::string_view kRevisions =
    "SELECT wanted.place, entity.revision "
    "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted(resource, key, place) "
    "JOIN sync_entities AS entity USING (resource, key)";

constexpr std::string_view kAllocate =
    "INSERT INTO sync_entities (resource, key, revision, unpushed_since, state) "
    "SELECT resource, key, drawn, drawn, $3 "
    "FROM (SELECT resource, key, nextval('sync_revision') AS drawn"
    "      FROM unnest($1::text[], $2::text[]) AS missing(resource, key)"
    "      WHERE pg_current_xact_id() IS NOT NULL) AS fresh "
    "ON CONFLICT (resource, key) DO NOTHING RETURNING resource, key, revision";

/// A lost note costs one more push, so its commit does not wait for the disk. Of a fill counts
/// which full push began last, as begun_last() takes it.
constexpr std::string_view kSettle =
    "WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)), "
    "pushed AS ("
    "  SELECT entity.id, result.revision, result.deleted"
    "  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[], $5::text[])"
    "    AS result(resource, key, revision, deleted, begun_last), quick, sync_state AS known,"
    "    sync_entities AS entity"
    "  WHERE entity.resource = result.resource AND entity.key = result.key"
    "    AND coalesce(substring(known.fills->>result.resource FROM '^(?:into:|over:)?([^:]*)')"
    "      = result.begun_last, true)"
    "  FOR UPDATE OF entity SKIP LOCKED) "
    "UPDATE sync_entities AS entity SET"
    "  pushed_revision = greatest(entity.pushed_revision, pushed.revision),"
    "  unpushed_since = greatest(entity.unpushed_since, pushed.revision + 1),"
    "  deleted = CASE WHEN pushed.revision >= entity.pushed_revision THEN pushed.deleted"
    "    ELSE entity.deleted END,"
    "  state = CASE entity.revision WHEN pushed.revision THEN 'applied' ELSE entity.state END,"
    "  attempts = CASE entity.revision WHEN pushed.revision THEN 0 ELSE entity.attempts END,"
    "  last_error = CASE entity.revision WHEN pushed.revision THEN NULL"
    "    ELSE entity.last_error END,"
    "  claimed_until = NULL, claimed_by = NULL, updated_at = now() "
    "FROM pushed WHERE entity.id = pushed.id";

constexpr std::string_view kSettleFailed =
    "WITH failed AS ("
    "  SELECT entity.id, result.revision, result.fault"
    "  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[])"
    "    AS result(resource, key, revision, fault), sync_entities AS entity"
    "  WHERE entity.resource = result.resource AND entity.key = result.key"
    "  FOR UPDATE OF entity SKIP LOCKED) "
    "UPDATE sync_entities AS entity SET"
    "  attempts = entity.attempts + 1,"
    "  state = CASE WHEN entity.attempts + 1 >= $5 THEN 'dead' ELSE 'pending' END,"
    "  next_attempt_at = now() + random() * least(make_interval(secs => $7),"
    "    make_interval(secs => $6 * 2 ^ least(entity.attempts, 20))),"
    "  last_error = failed.fault, claimed_until = NULL, claimed_by = NULL, updated_at = now() "
    "FROM failed WHERE entity.id = failed.id AND entity.revision = failed.revision"
    "  AND entity.state = 'pending'";

constexpr std::string_view kClaimDue =
    "UPDATE sync_entities SET claimed_until = now() + interval '3 seconds', claimed_by = $1 "
    "WHERE id IN ("
    "  SELECT id FROM sync_entities WHERE state = 'pending' AND next_attempt_at <= now()"
    "    AND (claimed_until IS NULL OR claimed_until < now()) AND resource = ANY($2::text[])"
    "  ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED) "
    "RETURNING resource, key";

constexpr std::string_view kRelease =
    "UPDATE sync_entities SET claimed_until = NULL, claimed_by = NULL WHERE id IN ("
    "  SELECT id FROM sync_entities WHERE state = 'pending' AND claimed_by = $1"
    "  FOR UPDATE SKIP LOCKED)";

constexpr std::string_view kDepth =
    "SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'dead'),"
    "  coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'pending')), 0),"
    "  count(*) FILTER (WHERE state = 'pending' AND attempts > 0),"
    "  count(*) FILTER (WHERE state = 'pending' AND attempts = 0 AND next_attempt_at <= now()"
    "    AND (claimed_until IS NULL OR claimed_until < now())) "
    "FROM sync_entities WHERE state <> 'applied'";

constexpr std::string_view kLastFault =
    "SELECT last_error FROM sync_entities WHERE state <> 'applied' AND last_error IS NOT NULL "
    "ORDER BY id DESC LIMIT 1";

/// Not those that are due already, so that the parts come to an end.
constexpr std::string_view kReopenPart =
    "UPDATE sync_entities SET state = 'pending', attempts = 0, next_attempt_at = now(),"
    "  claimed_until = NULL, claimed_by = NULL "
    "WHERE id IN (SELECT id FROM sync_entities WHERE resource = $1 AND state <> 'applied'"
    "  AND (state = 'dead' OR attempts > 0 OR next_attempt_at > now())"
    "  LIMIT $2 FOR UPDATE SKIP LOCKED)";

constexpr int kReopenedAtOnce = 5000;

/// Far longer than anything is retried or a process is taken for alive.
constexpr std::string_view kForget =
    "DELETE FROM sync_entities WHERE id IN ("
    "  SELECT id FROM sync_entities WHERE resource = $1 AND deleted AND state = 'applied'"
    "    AND updated_at < now() - interval '7 days' LIMIT $2 FOR UPDATE SKIP LOCKED)";

constexpr int kForgottenAtOnce = 5000;

constexpr std::string_view kReopenRendered =
    "UPDATE sync_entities SET state = 'pending', attempts = 0, next_attempt_at = now(),"
    "  pushed_revision = 0, unpushed_since = least(unpushed_since, revision), last_error = $4,"
    "  created_at = now(), updated_at = now() "
    "WHERE resource = $1 AND key = $2 AND revision = $3 AND state = 'applied'";

constexpr std::string_view kReopenOne =
    "UPDATE sync_entities SET state = 'pending', attempts = 0, next_attempt_at = now(),"
    "  claimed_until = NULL, claimed_by = NULL, updated_at = now() "
    "WHERE id = $1 AND state <> 'applied' RETURNING resource, key";

/// More than any number that Redis holds honestly, and far below the sequence's end.
constexpr std::int64_t kHighestRevision = std::int64_t{1} << 62;

/// What one entity tells of the numbers that are taken holds for others a little above it, too.
constexpr std::int64_t kOvertakenBy = 100000;

template <class Source>
std::vector<std::int64_t> revisions_in(Source& source, const Entities& entities) {
    std::vector<std::int64_t> out(entities.size(), 0);
    const Rows rows = source.query(kRevisions, {resources_of(entities), keys_of(entities)});
    for (size_t row = 0; row < rows.size(); ++row)
        out[static_cast<size_t>(rows.integer(row, 0) - 1)] = rows.integer(row, 1);
    return out;
}

std::vector<std::int64_t> by_place(const Entities& entities, const Rows& rows) {
    std::map<Entity, std::int64_t> found;
    for (size_t row = 0; row < rows.size(); ++row)
        found[{std::string(rows.text(row, 0)), std::string(rows.text(row, 1))}] =
            rows.integer(row, 2);
    std::vector<std::int64_t> out;
    out.reserve(entities.size());
    for (const Entity& entity : entities) {
        const auto entry = found.find(entity);
        out.push_back(entry == found.end() ? 0 : entry->second);
    }
    return out;
}

/// The columns of the results of one kind, for unnest().
struct Columns {
    Entities entities;
    std::vector<std::string> revisions;
    std::vector<std::string> notes;

    void add(const Rendered& rendered, std::string note) {
        entities.push_back(rendered.entity);
        revisions.push_back(std::to_string(rendered.revision));
        notes.push_back(std::move(note));
    }
};

double seconds(std::chrono::milliseconds time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

std::vector<std::int64_t> Ledger::revisions(Tx& tx, const Entities& entities) {
    return revisions_in(tx, entities);
}

std::vector<std::int64_t> Ledger::current(const Entities& entities) const {
    return revisions_in(db_, entities);
}

std::vector<std::int64_t> Ledger::allocate(const Entities& entities, State state) const {
    return by_place(entities,
                    db_.query(kAllocate,
                              {resources_of(entities),
                               keys_of(entities),
                               state == State::pending ? "pending" : "applied"}));
}

void Ledger::settle(const std::vector<Rendered>& pushed,
                    const std::vector<Outcome>& outcomes,
                    const BackfillFence& fence) const {
    settle_applied(pushed, outcomes, fence);
    settle_failed(pushed, outcomes);
}

void Ledger::settle_applied(const std::vector<Rendered>& pushed,
                            const std::vector<Outcome>& outcomes,
                            const BackfillFence& fence) const {
    Columns applied;
    std::vector<std::string> fills;
    for (size_t i = 0; i < pushed.size(); ++i) {
        if (outcomes[i].kind != Outcome::Kind::applied) continue;
        applied.add(pushed[i], pushed[i].present ? "f" : "t");
        fills.emplace_back(latest_fill(fence.of(pushed[i].entity.resource)));
    }
    if (applied.entities.empty()) return;
    db_.query(kSettle,
              {resources_of(applied.entities),
               keys_of(applied.entities),
               pg_array(applied.revisions),
               pg_array(applied.notes),
               pg_array(fills)});
}

void Ledger::settle_failed(const std::vector<Rendered>& pushed,
                           const std::vector<Outcome>& outcomes) const {
    Columns failed;
    for (size_t i = 0; i < pushed.size(); ++i) {
        if (outcomes[i].kind == Outcome::Kind::failed) failed.add(pushed[i], outcomes[i].fault);
    }
    if (failed.entities.empty()) return;
    db_.query(kSettleFailed,
              {resources_of(failed.entities),
               keys_of(failed.entities),
               pg_array(failed.revisions),
               pg_array(failed.notes),
               max_attempts_,
               seconds(kBackoffBase),
               seconds(kBackoffCap)});
}

Entities Ledger::claim(const std::vector<std::string>& resources, int limit) const {
    const Rows rows = db_.query(kClaimDue, {instance_, pg_array(resources), limit});
    Entities out;
    out.reserve(rows.size());
    for (size_t row = 0; row < rows.size(); ++row)
        out.push_back({std::string(rows.text(row, 0)), std::string(rows.text(row, 1))});
    std::sort(out.begin(), out.end());
    return out;
}

void Ledger::release() const {
    db_.query(kRelease, {instance_});
}

void Ledger::overtake(std::int64_t stored, const Entities& entities) const {
    if (stored >= kHighestRevision) {
        throw Error(EZ_CONFLICT,
                    "Redis holds revision " + std::to_string(stored) +
                        ", which no database can have given out: delete the key by hand");
    }
    Tx tx = db_.begin();
    // Nobody draws a number while this lock is held, so setval() cannot take the sequence back.
    tx.query("LOCK TABLE sync_entities IN SHARE ROW EXCLUSIVE MODE");
    const Rows raised =
        tx.query("SELECT setval('sync_revision', $2) FROM sync_revision WHERE last_value < $1",
                 {stored, stored + kOvertakenBy});
    tx.query(
        "UPDATE sync_entities SET revision = nextval('sync_revision'), state = 'pending',"
        "  next_attempt_at = now(), updated_at = now() "
        "WHERE (resource, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))"
        "  AND revision < $3",
        {resources_of(entities), keys_of(entities), stored});
    if (!raised.empty())
        tx.query("UPDATE sync_state SET epoch = replace(gen_random_uuid()::text, '-', '')");
    tx.commit();
}

std::string Ledger::last_fault() const {
    const Rows rows = db_.query(kLastFault);
    return rows.empty() ? std::string() : std::string(rows.text(0, 0));
}

Depth Ledger::depth() const {
    const Rows rows = db_.query(kDepth);
    return {rows.integer(0, 0),
            rows.integer(0, 1),
            rows.real(0, 2),
            rows.integer(0, 3),
            rows.integer(0, 4)};
}

void Ledger::reopen(const std::string& resource, const std::function<bool()>& stopping) const {
    while (!stopping()) {
        if (db_.query(kReopenPart, {resource, kReopenedAtOnce}).affected() < kReopenedAtOnce)
            return;
    }
}

void Ledger::reopen(const Rendered& entity, const std::string& fault) const {
    db_.query(kReopenRendered, {entity.entity.resource, entity.entity.key, entity.revision, fault});
}

bool Ledger::forget_deleted(const std::string& resource) const {
    return db_.query(kForget, {resource, kForgottenAtOnce}).affected() == kForgottenAtOnce;
}

std::optional<Entity> Ledger::reopen(Tx& tx, std::int64_t id) {
    const Rows rows = tx.query(kReopenOne, {id});
    if (rows.empty()) return std::nullopt;
    return Entity{std::string(rows.text(0, 0)), std::string(rows.text(0, 1))};
}

}  // namespace ezapi::sync
