#include "rollup/hours.hpp"

#include <chrono>

#include "rows/pg_binary.hpp"

namespace ezapi::logs {
namespace {

constexpr std::chrono::seconds kPatience{10};  // wait for another such transaction
constexpr size_t kCombinationColumns = 7;
constexpr std::uint16_t kCopyColumns = 17;

constexpr const char* kFetch = "FETCH 5000 FROM upkeep";

constexpr const char* kCopyFolded =
    "COPY request_log_hours (hour, folded, master_id, key_id, provider_group_id, provider_id,"
    " status_class, namespace, model, requests, errors, tokens_in, tokens_out, tokens_cached,"
    " cost_nano, latency_sum_ms, latency) FROM STDIN (FORMAT binary)";

// DECLARE CURSOR takes no parameters, so the hour and the slice are passed as transaction settings.
constexpr const char* kScope =
    "SELECT set_config('ezapi.hour', $1, true), set_config('ezapi.slices', $2, true),"
    " set_config('ezapi.slice', $3, true)";

constexpr const char* kReadHour =
    "DECLARE upkeep NO SCROLL CURSOR FOR"
    " SELECT master_id, key_id, provider_group_id, provider_id, status_class, namespace, model,"
    " requests, errors, tokens_in, tokens_out, tokens_cached, cost_nano, latency_sum_ms, latency"
    " FROM request_log_hours WHERE hour = current_setting('ezapi.hour')::timestamptz"
    " AND key_id % current_setting('ezapi.slices')::bigint ="
    " current_setting('ezapi.slice')::bigint";

constexpr const char* kReadRecords =
    "DECLARE upkeep NO SCROLL CURSOR FOR"
    " SELECT coalesce(master_id, 0), coalesce(key_id, 0), coalesce(provider_group_id, 0),"
    " coalesce(provider_id, 0), status_code / 100, namespace, model, count(*),"
    " count(*) FILTER (WHERE status_code >= 400), least(sum(tokens_in), "
    "9223372036854775807)::bigint, least(sum(tokens_out), 9223372036854775807)::bigint,"
    " least(sum(cached_tokens), 9223372036854775807)::bigint, least(sum(cost_nano), "
    "9223372036854775807)::bigint, sum(latency_ms)::bigint,"
    " array_agg(latency_ms)"
    " FROM request_logs WHERE created_at >= current_setting('ezapi.hour')::timestamptz"
    " AND created_at < current_setting('ezapi.hour')::timestamptz + interval '1 hour'"
    " AND coalesce(key_id, 0) % current_setting('ezapi.slices')::bigint ="
    " current_setting('ezapi.slice')::bigint GROUP BY 1, 2, 3, 4, 5, 6, 7";

std::string combination(const Rows& rows, size_t row) {
    std::string key;
    for (size_t column = 0; column < 4; ++column) pg_binary::int8(key, rows.integer(row, column));
    pg_binary::int2(key, static_cast<std::int16_t>(rows.integer(row, 4)));
    pg_binary::bytes(key, rows.text(row, 5));
    pg_binary::bytes(key, rows.text(row, 6));
    return key;
}

void scope(Tx& tx, Timestamp hour, Slice slice) {
    tx.query(kScope, {format_time(hour), std::to_string(slice.of), std::to_string(slice.rest)});
}

/// Calls `each(rows, row)` for each row of the cursor.
template <class Each>
void for_each(Tx& tx, const char* cursor, Each&& each) {
    tx.query(cursor);
    for (Rows rows = tx.query(kFetch); !rows.empty(); rows = tx.query(kFetch)) {
        for (size_t i = 0; i < rows.size(); ++i) each(rows, i);
    }
    tx.query("CLOSE upkeep");
}

/// Parses an array of integers, `{1,2,3}`.
void add_latencies(LatencyHistogram& histogram, std::string_view array) {
    std::int64_t value = 0;
    for (const char c : array) {
        if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
        } else if (c != '{') {
            histogram.add(value);
            value = 0;
        }
    }
}

}  // namespace

Tx begin_upkeep(const Db& db, TxOptions options) {
    options.lock_timeout = kPatience;
    Tx tx = db.begin(options);
    tx.query("SELECT pg_advisory_xact_lock(7310872415)");
    // While this transaction waits for further locks, writers wait behind it, so it waits only
    // briefly.
    tx.query("SET LOCAL lock_timeout = '1s'");
    return tx;
}

Combinations read_hour(Tx& tx, Timestamp hour, Slice slice) {
    Combinations out;
    scope(tx, hour, slice);
    for_each(tx, kReadHour, [&out](const Rows& rows, size_t row) {
        out[combination(rows, row)].add(rows, row, kCombinationColumns);
    });
    return out;
}

Combinations recompute_hour(Tx& tx, Timestamp hour, Slice slice) {
    Combinations out;
    scope(tx, hour, slice);
    for_each(tx, kReadRecords, [&out](const Rows& rows, size_t row) {
        Figures& figures = out[combination(rows, row)];
        size_t column = kCombinationColumns;
        for (std::int64_t& sum : figures.sums) sum = rows.integer(row, column++);
        add_latencies(figures.latency, rows.text(row, column));
    });
    return out;
}

void replace_hour(Tx& tx, Timestamp hour, Slice slice, const Combinations& combinations) {
    tx.query("DELETE FROM request_log_hours WHERE hour = $1 AND key_id % $2::bigint = $3::bigint",
             {hour, slice.of, slice.rest});
    std::string copy(pg_binary::kHeader);
    for (const auto& [key, figures] : combinations) {
        pg_binary::begin_row(copy, kCopyColumns);
        pg_binary::time(copy, hour.time_since_epoch().count());
        pg_binary::boolean(copy, true);
        copy += key;
        figures.append_to(copy);
    }
    copy += pg_binary::kTrailer;
    tx.copy_in(kCopyFolded, copy);
}

}  // namespace ezapi::logs
