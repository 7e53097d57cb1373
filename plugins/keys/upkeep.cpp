#include "upkeep.hpp"

#include <utility>
#include <vector>

#include "ezapi/changes.hpp"
#include "ezapi/json.hpp"
#include "projection.hpp"
#include "quota.hpp"

namespace ezapi::keys {

namespace {

constexpr int kBatch = 500;

/// One row per token, with its id and its previous status; then its retiring hashes.
const std::string kHashesOfMoved =
    "SELECT token_hash, id, was FROM moved UNION ALL SELECT r.token_hash, NULL, NULL "
    "FROM key_retiring_hashes r JOIN moved m ON m.id = r.key_id";

const std::string kReset =
    "WITH due AS (SELECT id, status AS was FROM keys WHERE quota_reset_at <= $1 ORDER BY "
    "quota_reset_at LIMIT $2 "
    "FOR UPDATE SKIP LOCKED), "
    "moved AS (UPDATE keys k SET quota_used = 0, quota_unshown = 0, "
    "quota_reset_at = CASE quota_reset WHEN 'daily' THEN $3::timestamptz "
    "WHEN 'weekly' THEN $4::timestamptz WHEN 'monthly' THEN $5::timestamptz END, "
    "status = CASE status WHEN 'exhausted' THEN 'active' ELSE status END, "
    "version = version + CASE status WHEN 'exhausted' THEN 1 ELSE 0 END, "
    "updated_at = CASE status WHEN 'exhausted' THEN now() ELSE updated_at END "
    "FROM due WHERE k.id = due.id RETURNING k.id, k.token_hash, due.was) " +
    kHashesOfMoved;

const std::string kExpire =
    "WITH due AS (SELECT id, status AS was FROM keys WHERE expires_at IS NOT NULL "
    "AND status IN ('active', 'exhausted') AND expires_at <= $1 ORDER BY expires_at LIMIT $2 "
    "FOR UPDATE SKIP LOCKED), "
    "moved AS (UPDATE keys k SET status = 'expired', version = version + 1, updated_at = now() "
    "FROM due WHERE k.id = due.id RETURNING k.id, k.token_hash, due.was) " +
    kHashesOfMoved;

constexpr const char* kDropRetired =
    "DELETE FROM key_retiring_hashes WHERE token_hash IN (SELECT token_hash FROM "
    "key_retiring_hashes WHERE valid_until <= $1 ORDER BY valid_until LIMIT $2 "
    "FOR UPDATE SKIP LOCKED) RETURNING token_hash";

/// Records a change for each token whose status changed.
void tell_states(Tx& tx, const Rows& moved, std::string_view from, std::string_view to) {
    const auto state = [](std::string_view status) {
        return dump_json({{"status", std::string(status)}});
    };
    const std::string after = state(to);
    std::vector<std::string> before;
    std::vector<Change> changes;
    before.reserve(moved.size());
    for (size_t row = 0; row < moved.size(); ++row) {
        if (moved.is_null(row, 1) || (!from.empty() && moved.text(row, 2) != from)) continue;
        before.push_back(state(moved.text(row, 2)));
        changes.push_back({.resource = "keys",
                           .id = moved.text(row, 1),
                           .action = EZ_UPDATED,
                           .before = before.back(),
                           .after = after});
    }
    if (!changes.empty()) tx.changed(changes);
}

/// Records one change per batch, with the number of resets and the ids. A reset that leaves the
/// status unchanged gets no row of its own, because there may be one per token and day.
void tell_resets(Tx& tx, const Rows& moved, Timestamp at) {
    Json ids = Json::array();
    for (size_t row = 0; row < moved.size(); ++row) {
        if (!moved.is_null(row, 1)) ids.push_back(moved.integer(row, 1));
    }
    const std::string id = format_time(at);
    const std::string after = dump_json({{"count", ids.size()}, {"key_ids", std::move(ids)}});
    tx.changed(
        {.resource = "quota-resets", .id = id, .action = EZ_CREATED, .before = {}, .after = after});
}

/// Repeats `batch(tx)`, which returns the changed hashes, until it returns none.
template <class Batch>
void repeat(const Db& db, const Run& run, Batch&& batch) {
    while (!run.stopping()) {
        Tx tx = db.begin();
        const Rows moved = batch(tx);
        if (moved.empty()) return;
        touch_all(tx, moved);
        tx.commit();
    }
}

}  // namespace

void Upkeep::reset_quotas(const Run& run) const {
    repeat(db_, run, [](Tx& tx) {
        const Timestamp at = now();
        Rows moved = tx.query(kReset,
                              {at,
                               kBatch,
                               next_reset("daily", at),
                               next_reset("weekly", at),
                               next_reset("monthly", at)});
        if (!moved.empty()) tell_resets(tx, moved, at);
        tell_states(tx, moved, "exhausted", "active");
        return moved;
    });
    reset_shared(run);
}

void Upkeep::reset_shared(const Run& run) const {
    for (bool more = true; more && !run.stopping();) {
        Tx tx = db_.begin();
        const Masters::Reset reset = masters_.reset(tx, kBatch);
        touch_tokens_of(tx, reset.usable);
        tx.commit();
        more = reset.more;
    }
}

void Upkeep::expire_tokens(const Run& run) const {
    repeat(db_, run, [](Tx& tx) {
        Rows moved = tx.query(kExpire, {now(), kBatch});
        tell_states(tx, moved, {}, "expired");
        return moved;
    });
}

void Upkeep::drop_retired(const Run& run) const {
    repeat(db_, run, [](Tx& tx) { return tx.query(kDropRetired, {now(), kBatch}); });
}

}  // namespace ezapi::keys
