#include "rollup/rebuild.hpp"

#include <chrono>
#include <set>

#include "rollup/folding.hpp"
#include "rollup/hours.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono;

constexpr minutes kWorkLimit{2};
constexpr std::int64_t kMostPerSlice = 50000;  // records or combinations in memory

/// The number of summaries of the hour and of its day that differ from their hours.
constexpr const char* kWrongSummaries =
    "SELECT count(*) FROM request_log_spans AS built WHERE ready AND"
    " ((span = 'hour' AND starts = $1) OR"
    " (span = 'day' AND starts = date_trunc('day', $1::timestamptz, 'UTC'))) AND EXISTS ("
    " SELECT FROM (SELECT sum(requests) AS requests, sum(errors) AS errors,"
    " sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out,"
    " sum(tokens_cached) AS tokens_cached, sum(cost_nano) AS cost_nano,"
    " sum(latency_sum_ms) AS latency_sum_ms FROM request_log_hours WHERE hour >= built.starts AND"
    " hour < built.starts + CASE built.span WHEN 'day' THEN interval '24 hours'"
    " ELSE interval '1 hour' END) AS whole LEFT JOIN (SELECT dimension, sum(requests) AS requests,"
    " sum(errors) AS errors, sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out,"
    " sum(tokens_cached) AS tokens_cached, sum(cost_nano) AS cost_nano,"
    " sum(latency_sum_ms) AS latency_sum_ms FROM request_log_summaries AS s"
    " WHERE s.span = built.span AND s.starts = built.starts AND s.master_id = 0"
    " GROUP BY dimension) AS summed ON true"
    " WHERE (whole.requests, whole.errors, whole.tokens_in, whole.tokens_out,"
    " whole.tokens_cached, whole.cost_nano, whole.latency_sum_ms) IS DISTINCT FROM"
    " (summed.requests, summed.errors, summed.tokens_in, summed.tokens_out,"
    " summed.tokens_cached, summed.cost_nano, summed.latency_sum_ms))";

std::int64_t requests_of(const Combinations& combinations) {
    std::int64_t requests = 0;
    for (const auto& [key, figures] : combinations) requests += figures.sums[0];
    return requests;
}

std::int64_t differing(const Combinations& before, const Combinations& after) {
    std::int64_t count = 0;
    for (const auto& [key, figures] : after) {
        const auto known = before.find(key);
        if (known == before.end() || !(known->second == figures)) ++count;
    }
    for (const auto& [key, figures] : before) count += after.contains(key) ? 0 : 1;
    return count;
}

}  // namespace

Rebuild::Outcome Rebuild::run(Timestamp from, Timestamp to, const Stopping& stopping) const {
    Outcome out;
    for (const Timestamp starts : hours_between(floor<hours>(from), to)) {
        if (out.hours + out.skipped > 0 && stopping()) {
            out.next = starts;
            return out;
        }
        std::optional<Difference> difference;
        try {
            difference = hour(starts);
        } catch (const Error&) {
            if (out.hours + out.skipped == 0) throw;
            // What was rebuilt so far is kept and reported; continuing from here shows the error
            // again.
            out.next = starts;
            return out;
        }
        ++(difference ? out.hours : out.skipped);
        if (!difference) continue;
        out.summaries += difference->summaries;
        if (difference->combinations > 0) out.differed.push_back(*difference);
    }
    return out;
}

/// The hours with records or statistics.
std::vector<Timestamp> Rebuild::hours_between(Timestamp from, Timestamp to) const {
    std::set<Timestamp> out;
    for (const Timestamp known : known_hours(db_)) {
        if (known >= from && known < to) out.insert(known);
    }
    const Rows rows = db_.query(
        "WITH RECURSIVE hours AS ((SELECT date_trunc('hour', min(created_at), 'UTC') AS hour"
        " FROM request_logs WHERE created_at >= $1 AND created_at < $2) UNION ALL"
        " SELECT (SELECT date_trunc('hour', min(created_at), 'UTC') FROM request_logs"
        " WHERE created_at >= hours.hour + interval '1 hour' AND created_at < $2) FROM hours"
        " WHERE hours.hour IS NOT NULL) SELECT hour FROM hours WHERE hour IS NOT NULL",
        {from, to});
    for (size_t i = 0; i < rows.size(); ++i) out.insert(*rows.time(i, 0));
    return {out.begin(), out.end()};
}

/// nullopt when records of the hour may have been deleted.
std::optional<Rebuild::Difference> Rebuild::hour(Timestamp starts) const {
    Difference out{.hour = starts};
    Tx tx = begin_upkeep(db_, {.statement_timeout = kWorkLimit});
    tx.query("SELECT pg_advisory_xact_lock(7310872414)");  // blocks writers
    // Also blocks deletion, which updates this row first.
    const Rows kept =
        tx.query("SELECT rows_kept_from <= $1 FROM request_log_state FOR SHARE", {starts});
    if (!kept.boolean(0, 0)) return std::nullopt;
    const std::int64_t records =
        tx.query(
              "SELECT greatest((SELECT count(*) FROM request_logs WHERE created_at >= $1"
              " AND created_at < $1::timestamptz + interval '1 hour'),"
              " (SELECT count(*) FROM request_log_hours WHERE hour = $1))",
              {starts})
            .integer(0, 0);
    const std::int64_t slices = 1 + records / kMostPerSlice;
    for (std::int64_t i = 0; i < slices; ++i) {
        const Slice slice{slices, i};
        const Combinations before = read_hour(tx, starts, slice);
        const Combinations after = recompute_hour(tx, starts, slice);
        const std::int64_t wrong = differing(before, after);
        out.combinations += wrong;
        out.requests_before += requests_of(before);
        out.requests_after += requests_of(after);
        if (wrong > 0) replace_hour(tx, starts, slice, after);
    }
    // Only sums are compared, so the summaries of the hour and its day are built again in any case,
    // and so is that of the week, which has too many hours to compare while writers are blocked.
    out.summaries = tx.query(kWrongSummaries, {starts}).integer(0, 0);
    tx.query("SELECT request_logs_enter(ARRAY[$1::timestamptz], true)", {starts});
    tx.commit();
    return out;
}

}  // namespace ezapi::logs
