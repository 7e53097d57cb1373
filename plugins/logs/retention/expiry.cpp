#include "retention/expiry.hpp"

#include <algorithm>

namespace ezapi::logs {
namespace {

constexpr std::int64_t kBatch = 5000;
constexpr std::chrono::minutes kWorkLimit{10};
constexpr std::int64_t kCounted = 64 << 20;  // bytes; larger partitions are estimated

}  // namespace

Tx Expiry::begin() const {
    return db_.begin({.statement_timeout = kWorkLimit});
}

std::optional<Timestamp> Expiry::cut_by_age(const RetentionRules& rules, Timestamp now) {
    if (rules.days <= 0) return std::nullopt;
    return std::min<Timestamp>(now - std::chrono::days(rules.days), latest_cut(now));
}

std::optional<Timestamp> Expiry::cut_by_number(const RetentionRules& rules, Timestamp now) const {
    if (rules.max_records <= 0) return std::nullopt;
    // The time of the oldest record that may stay; records of exactly this time stay as well.
    // Records from the future displace no others.
    const Rows rows = begin().query(
        "SELECT created_at FROM request_logs WHERE created_at <= $2 ORDER BY created_at DESC"
        " OFFSET $1::bigint - 1 LIMIT 1",
        {rules.max_records, now});
    if (rows.empty()) return std::nullopt;
    return std::min(*rows.time(0, 0), latest_cut(now));
}

Expiry::Outcome Expiry::delete_before(Timestamp cut, const Stopping& stopping) const {
    // Done first, so that nobody takes the remaining records of an hour for all of them; waits
    // until a running recomputation of an hour has finished.
    Tx told = begin();
    told.query("UPDATE request_log_state SET rows_kept_from = greatest(rows_kept_from, $1)", {cut});
    told.commit();
    Outcome out{.records = drop_partitions_before(cut, stopping)};
    while (!stopping()) {
        Tx tx = begin();
        const std::int64_t gone =
            tx.query(
                  "DELETE FROM request_logs WHERE created_at < $1 AND (created_at, id) IN"
                  " (SELECT created_at, id FROM request_logs WHERE created_at < $1"
                  " ORDER BY created_at LIMIT $2::bigint)",
                  {cut, kBatch})
                .affected();
        tx.commit();
        out.records += gone;
        if (gone == 0) return out;
    }
    out.complete = false;
    return out;
}

/// For a large partition PostgreSQL's estimate.
std::int64_t Expiry::rows_of(const std::string& partition) const {
    const std::string name = "\"" + partition + "\"";
    Tx tx = begin();
    const Rows known = tx.query(
        "SELECT pg_relation_size(oid), greatest(reltuples, 0)::bigint FROM pg_class"
        " WHERE oid = to_regclass($1)",
        {name});
    if (known.empty()) return 0;
    if (known.integer(0, 0) > kCounted) return known.integer(0, 1);
    return tx.query("SELECT count(*) FROM " + name).integer(0, 0);
}

std::int64_t Expiry::drop_partitions_before(Timestamp cut, const Stopping& stopping) const {
    std::int64_t records = 0;
    for (const Partition& partition : partitions_.read(Timestamp::max())) {
        if (partition.is_default || partition.to > cut || stopping()) continue;
        const std::int64_t rows = rows_of(partition.name);
        partitions_.drop(partition.name);
        records += rows;
    }
    return records;
}

std::int64_t Expiry::delete_statistics_before(Timestamp cut, const Stopping& stopping) const {
    // Deletes whole days, so that no day is summarized again from a part of its hours. The spans
    // are deleted first, so that no reader uses incomplete summaries. Summaries of a week are kept
    // until the whole week has expired: they may have been built again from its remaining days.
    const Timestamp day = std::chrono::floor<std::chrono::days>(cut);
    db_.query("DELETE FROM request_log_spans WHERE starts < $1", {day});
    std::int64_t rows = 0;
    for (const char* sql :
         {"DELETE FROM request_log_hours WHERE hour < $1 AND ctid = ANY (ARRAY("
          "SELECT ctid FROM request_log_hours WHERE hour < $1 LIMIT $2::bigint))",
          "DELETE FROM request_log_summaries WHERE starts < $1 AND ctid = ANY (ARRAY("
          "SELECT ctid FROM request_log_summaries WHERE starts < $1 AND"
          " (span <> 'week' OR starts <= $1::timestamptz - interval '168 hours')"
          " LIMIT $2::bigint))"}) {
        std::int64_t gone = 0;
        do {
            Tx tx = begin();
            gone = tx.query(sql, {day, kBatch}).affected();
            tx.commit();
            rows += gone;
        } while (gone > 0 && !stopping());
    }
    return rows;
}

}  // namespace ezapi::logs
