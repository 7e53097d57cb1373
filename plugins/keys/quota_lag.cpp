#include "quota_lag.hpp"

#include <iterator>
#include <string>

#include "projection.hpp"

namespace ezapi::keys {

namespace {

/// Small enough to be cheap compared with the reports; large enough to catch up on a quiet system.
constexpr std::size_t kBatch = 1000;
constexpr std::chrono::minutes kBetweenLooks{10};

// Rows are locked in the order of their ids, as by reports.
constexpr const char* kShow = R"(
WITH lagging AS (
    SELECT id FROM keys WHERE id = ANY($1::bigint[]) AND quota_unshown <> 0 ORDER BY id FOR UPDATE
), shown AS (
    UPDATE keys k SET quota_unshown = 0 FROM lagging WHERE k.id = lagging.id RETURNING k.id, k.token_hash
)
SELECT token_hash FROM shown UNION ALL
SELECT r.token_hash FROM key_retiring_hashes r JOIN shown s ON s.id = r.key_id
)";

std::string list(const std::vector<std::int64_t>& ids) {
    std::string out = "{";
    for (const std::int64_t id : ids) out += (out.size() > 1 ? "," : "") + std::to_string(id);
    return out + "}";
}

}  // namespace

void QuotaLag::note(const std::vector<std::int64_t>& ids) {
    const std::lock_guard lock(mutex_);
    ids_.insert(ids.begin(), ids.end());
}

std::vector<std::int64_t> QuotaLag::take() {
    const std::lock_guard lock(mutex_);
    const auto end =
        std::next(ids_.begin(), static_cast<std::ptrdiff_t>(std::min(kBatch, ids_.size())));
    std::vector<std::int64_t> out(ids_.begin(), end);
    ids_.erase(ids_.begin(), end);
    return out;
}

void QuotaLag::look_for_left_behind() {
    const auto at = std::chrono::steady_clock::now();
    if (at < next_look_) return;
    next_look_ = at + kBetweenLooks;
    const Rows rows = db_.query("SELECT id FROM keys WHERE quota_unshown <> 0");
    std::vector<std::int64_t> ids;
    for (size_t row = 0; row < rows.size(); ++row) ids.push_back(rows.integer(row, 0));
    note(ids);
}

void QuotaLag::tell(const Run&) {
    look_for_left_behind();
    const std::vector<std::int64_t> ids = take();
    if (ids.empty()) return;
    try {
        Tx tx = db_.begin();
        touch_all(tx, tx.query(kShow, {list(ids)}));
        tx.commit();
    } catch (const Error&) {
        note(ids);
        throw;
    }
}

}  // namespace ezapi::keys
