#include "rollup/folding.hpp"

#include <algorithm>
#include <chrono>

#include "rollup/hours.hpp"

namespace ezapi::logs {
namespace {

constexpr std::chrono::minutes kWorkLimit{10};
constexpr std::int64_t kFewest = 500;          // appended rows
constexpr std::int64_t kSample = 20000;        // rows that are examined
constexpr std::int64_t kMostPerSlice = 50000;  // combinations in memory

}  // namespace

std::vector<Timestamp> known_hours(const Db& db) {
    // Skips from hour to hour in the index, independent of the number of rows.
    const Rows rows = db.query(
        "WITH RECURSIVE hours AS ((SELECT min(hour) AS hour FROM request_log_hours) UNION ALL"
        " SELECT (SELECT min(h.hour) FROM request_log_hours h WHERE h.hour > hours.hour) FROM hours"
        " WHERE hours.hour IS NOT NULL) SELECT hour FROM hours WHERE hour IS NOT NULL");
    std::vector<Timestamp> out;
    for (size_t i = 0; i < rows.size(); ++i) out.push_back(*rows.time(i, 0));
    return out;
}

std::vector<Timestamp> Folding::run(Timestamp now, const Stopping& stopping) const {
    std::vector<Timestamp> folded;
    for (const Timestamp hour : known_hours(db_)) {
        if (stopping()) break;
        if (!worth_it(hour, now)) continue;
        fold(hour);
        folded.push_back(hour);
    }
    return folded;
}

bool Folding::worth_it(Timestamp hour, Timestamp now) const {
    const Rows counts = db_.query(
        "SELECT count(*) FILTER (WHERE NOT folded), count(*) FILTER (WHERE folded) FROM"
        " (SELECT folded FROM request_log_hours WHERE hour = $1 AND NOT folded LIMIT $2::bigint)"
        " AS appended",
        {hour, kSample});
    const std::int64_t appended = counts.integer(0, 0);
    if (appended < 2) return false;
    const std::int64_t already =
        db_.query("SELECT count(*) FROM request_log_hours WHERE hour = $1 AND folded", {hour})
            .integer(0, 0);
    const bool over = hour + std::chrono::minutes(70) < now;
    if (over ? appended * 10 < already : appended < std::max(kFewest, already)) return false;
    const Rows sample = db_.query(
        "SELECT count(*), count(DISTINCT (master_id, key_id, provider_group_id, provider_id,"
        " status_class, namespace, model)) FROM (SELECT * FROM request_log_hours WHERE hour = $1"
        " LIMIT $2::bigint) AS sample",
        {hour, kSample});
    return sample.integer(0, 1) * 10 < sample.integer(0, 0) * 8;
}

/// Reads and deletes in one snapshot: rows that are appended meanwhile are not affected.
void Folding::fold(Timestamp hour) const {
    const std::int64_t rows =
        db_.query("SELECT count(*) FROM request_log_hours WHERE hour = $1", {hour}).integer(0, 0);
    const std::int64_t slices = 1 + rows / kMostPerSlice;
    for (std::int64_t i = 0; i < slices; ++i) {
        Tx tx =
            begin_upkeep(db_, {.isolation = EZ_REPEATABLE_READ, .statement_timeout = kWorkLimit});
        const Slice slice{slices, i};
        replace_hour(tx, hour, slice, read_hour(tx, hour, slice));
        tx.commit();
    }
}

}  // namespace ezapi::logs
