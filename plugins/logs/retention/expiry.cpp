#include "retention/expiry.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace ezapi::logs {
namespace {

constexpr std::int64_t kBatch = 5000;

}  // namespace

std::optional<Timestamp> Expiry::cut(const RetentionRules& rules, Timestamp now) const {
    std::optional<Timestamp> out;
    if (rules.days > 0) out = now - std::chrono::days(rules.days);
    if (rules.max_records > 0) {
        // The oldest record that may stay; those of the very same time stay with it.
        const Rows rows = db_.query(
            "SELECT created_at FROM request_logs ORDER BY created_at DESC"
            " OFFSET $1::bigint - 1 LIMIT 1",
            {rules.max_records});
        if (!rows.empty()) out = std::max(out.value_or(Timestamp::min()), *rows.time(0, 0));
    }
    return out;
}

Expiry::Outcome Expiry::delete_before(Timestamp cut, const Stopping& stopping) const {
    // First of all, so that nobody takes what is left for all that there was.
    db_.query("UPDATE request_log_state SET rows_kept_from = greatest(rows_kept_from, $1)", {cut});
    Outcome out{.records = drop_partitions_before(cut, stopping)};
    while (!stopping()) {
        const std::int64_t gone =
            db_.query(
                   "DELETE FROM request_logs WHERE created_at < $1 AND (created_at, id) IN"
                   " (SELECT created_at, id FROM request_logs WHERE created_at < $1"
                   " ORDER BY created_at LIMIT $2::bigint)",
                   {cut, kBatch})
                .affected();
        out.records += gone;
        if (gone == 0) return out;
    }
    out.complete = false;
    return out;
}

std::int64_t Expiry::drop_partitions_before(Timestamp cut, const Stopping& stopping) const {
    std::int64_t records = 0;
    for (const Partition& partition : partitions_.read(Timestamp::max())) {
        if (partition.is_default || partition.to > cut || stopping()) continue;
        const std::int64_t rows =
            db_.query("SELECT count(*) FROM \"" + partition.name + "\"").integer(0, 0);
        partitions_.drop(partition.name);
        records += rows;
    }
    return records;
}

std::int64_t Expiry::delete_statistics_before(Timestamp cut, const Stopping& stopping) const {
    std::int64_t rows = 0;
    for (const char* sql :
         {"DELETE FROM request_log_hours WHERE hour < $1 AND ctid = ANY (ARRAY("
          "SELECT ctid FROM request_log_hours WHERE hour < $1 LIMIT $2::bigint))",
          "DELETE FROM request_log_summaries WHERE starts < $1 AND ctid = ANY (ARRAY("
          "SELECT ctid FROM request_log_summaries WHERE starts < $1 LIMIT $2::bigint))"}) {
        std::int64_t gone = 0;
        do {
            gone = db_.query(sql, {cut, kBatch}).affected();
            rows += gone;
        } while (gone > 0 && !stopping());
    }
    db_.query("DELETE FROM request_log_spans WHERE starts < $1", {cut});
    return rows;
}

}  // namespace ezapi::logs
