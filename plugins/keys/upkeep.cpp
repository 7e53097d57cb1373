#include "upkeep.hpp"

#include "projection.hpp"
#include "quota.hpp"

namespace ezapi::keys {

namespace {

constexpr int kBatch = 500;

const std::string kHashesOfMoved =
    "SELECT token_hash FROM moved UNION ALL "
    "SELECT r.token_hash FROM key_retiring_hashes r JOIN moved m ON m.id = r.key_id";

const std::string kReset =
    "WITH due AS (SELECT id FROM keys WHERE quota_reset_at <= $1 ORDER BY quota_reset_at LIMIT $2 "
    "FOR UPDATE SKIP LOCKED), "
    "moved AS (UPDATE keys k SET quota_used = 0, quota_unshown = 0, "
    "quota_reset_at = CASE quota_reset WHEN 'daily' THEN $3::timestamptz "
    "WHEN 'weekly' THEN $4::timestamptz WHEN 'monthly' THEN $5::timestamptz END, "
    "status = CASE status WHEN 'exhausted' THEN 'active' ELSE status END, "
    "version = version + CASE status WHEN 'exhausted' THEN 1 ELSE 0 END, "
    "updated_at = CASE status WHEN 'exhausted' THEN now() ELSE updated_at END "
    "FROM due WHERE k.id = due.id RETURNING k.id, k.token_hash) " +
    kHashesOfMoved;

const std::string kExpire =
    "WITH due AS (SELECT id FROM keys WHERE expires_at IS NOT NULL "
    "AND status IN ('active', 'exhausted') AND expires_at <= $1 ORDER BY expires_at LIMIT $2 "
    "FOR UPDATE SKIP LOCKED), "
    "moved AS (UPDATE keys k SET status = 'expired', version = version + 1, updated_at = now() "
    "FROM due WHERE k.id = due.id RETURNING k.id, k.token_hash) " +
    kHashesOfMoved;

constexpr const char* kDropRetired =
    "DELETE FROM key_retiring_hashes WHERE token_hash IN (SELECT token_hash FROM "
    "key_retiring_hashes WHERE valid_until <= $1 ORDER BY valid_until LIMIT $2 "
    "FOR UPDATE SKIP LOCKED) RETURNING token_hash";

/// Repeats `batch(tx)`, which returns the hashes that it has moved, until nothing is left.
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
        return tx.query(kReset,
                        {at,
                         kBatch,
                         next_reset("daily", at),
                         next_reset("weekly", at),
                         next_reset("monthly", at)});
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
    repeat(db_, run, [](Tx& tx) { return tx.query(kExpire, {now(), kBatch}); });
}

void Upkeep::drop_retired(const Run& run) const {
    repeat(db_, run, [](Tx& tx) { return tx.query(kDropRetired, {now(), kBatch}); });
}

}  // namespace ezapi::keys
