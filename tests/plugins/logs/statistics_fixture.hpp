// Request records as written by ingest, and their statistics by simple arithmetic.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "ezapi/time.hpp"
#include "rollup/histogram.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {

struct LogRow {
    Timestamp created_at;
    std::int64_t master_id = 0;
    std::int64_t key_id = 0;
    std::int64_t provider_id = 0;
    std::string space;
    std::string model;
    int status_code = 200;
    std::int64_t latency_ms = 0;
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;
    std::int64_t cached_tokens = 0;
    std::int64_t cost_nano = 0;
};

/// Deterministic: `count` records, spread over a range.
inline std::vector<LogRow> make_rows(size_t count, Timestamp from, Timestamp to) {
    std::mt19937_64 random(20260102);
    const auto below = [&](std::int64_t limit) {
        return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
    };
    std::vector<LogRow> out;
    for (size_t i = 0; i < count; ++i) {
        LogRow row;
        row.created_at = from + std::chrono::microseconds(below((to - from).count()));
        row.master_id = 1 + below(4);
        row.key_id = row.master_id * 10 + below(5);
        row.provider_id = below(3);
        row.space = "space-" + std::to_string(below(2));
        row.model = "model-" + std::to_string(below(6));
        const int codes[]{200, 200, 200, 201, 302, 404, 429, 500};
        row.status_code = codes[below(8)];
        row.latency_ms = 1 + below(50) * below(50) * below(20);
        row.tokens_in = below(1000);
        row.tokens_out = below(1000);
        row.cached_tokens = below(100);
        row.cost_nano = below(1'000'000'000);
        out.push_back(std::move(row));
    }
    return out;
}

struct Sums {
    std::int64_t requests = 0, errors = 0, tokens_in = 0, tokens_out = 0, tokens_cached = 0;
    std::int64_t cost_nano = 0, latency_sum_ms = 0;
    std::vector<std::int64_t> latencies = {};

    void add(const LogRow& row) {
        ++requests;
        errors += row.status_code >= 400 ? 1 : 0;
        tokens_in += row.tokens_in;
        tokens_out += row.tokens_out;
        tokens_cached += row.cached_tokens;
        cost_nano += row.cost_nano;
        latency_sum_ms += row.latency_ms;
        latencies.push_back(row.latency_ms);
    }

    /// By nearest rank.
    [[nodiscard]] double quantile(double q) {
        std::sort(latencies.begin(), latencies.end());
        const auto rank = static_cast<size_t>(q * static_cast<double>(latencies.size()) + 0.999999);
        return static_cast<double>(latencies[std::max<size_t>(rank, 1) - 1]);
    }

    [[nodiscard]] std::string sql_values() const {
        logs::LatencyHistogram histogram;
        for (const std::int64_t latency : latencies) histogram.add(latency);
        std::string hex;
        for (const char byte : histogram.encode()) {
            char digits[3];
            std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
            hex += digits;
        }
        std::string out;
        for (const std::int64_t value :
             {requests, errors, tokens_in, tokens_out, tokens_cached, cost_nano, latency_sum_ms})
            out += std::to_string(value) + ",";
        return out + "'\\x" + hex + "'";
    }
};

using GroupOf = std::function<std::string(const LogRow&)>;

inline std::string hour_text(const LogRow& row) {
    return format_time(std::chrono::floor<std::chrono::hours>(row.created_at));
}

inline std::string day_text(const LogRow& row) {
    return format_time(std::chrono::floor<std::chrono::days>(row.created_at));
}

/// The value of each dimension as named in the rollup tables.
inline std::map<std::string, GroupOf> dimensions() {
    return {{"model", [](const LogRow& row) { return row.model; }},
            {"master", [](const LogRow& row) { return std::to_string(row.master_id); }},
            {"key", [](const LogRow& row) { return std::to_string(row.key_id); }},
            {"provider", [](const LogRow& row) { return std::to_string(row.provider_id); }},
            {"namespace", [](const LogRow& row) { return row.space; }},
            {"status", [](const LogRow& row) { return std::to_string(row.status_code / 100); }}};
}

inline void insert_row(std::string& sql, const LogRow& row) {
    static int last = 0;
    sql += (sql.empty() ? "" : ",");
    sql += "('" + format_time(row.created_at).substr(0, 19);
    char micros[16];
    std::snprintf(micros,
                  sizeof micros,
                  ".%06d+00'",
                  static_cast<int>((row.created_at.time_since_epoch().count()) % 1'000'000));
    sql += micros;
    for (const std::int64_t id : {row.master_id, row.key_id, std::int64_t{1}, row.provider_id})
        sql += id == 0 ? ",NULL" : "," + std::to_string(id);
    for (const std::int64_t value :
         {row.tokens_in, row.tokens_out, row.cached_tokens, row.cost_nano, row.latency_ms})
        sql += "," + std::to_string(value);
    sql += "," + std::to_string(row.status_code) + ",false,'r-" + std::to_string(++last) +
           "','','" + row.space + "','" + row.model + "','','openai'," +
           (row.status_code >= 500 ? "'upstream: Connection refused'" : "''") + ",'')";
}

/// Inserts the records and their contribution to the rollup of their hours: folded for one half of
/// the days, as deltas of single records for the other.
inline void write_rows(SqlReader& sql, const std::vector<LogRow>& rows) {
    std::string records;
    std::map<std::string, Sums> deltas;
    for (size_t i = 0; i < rows.size(); ++i) {
        const LogRow& row = rows[i];
        insert_row(records, row);
        const bool folded = row.created_at.time_since_epoch() / std::chrono::days(1) % 2 == 0;
        std::string key = "'" + hour_text(row) + "'";
        for (const std::int64_t id : {row.master_id, row.key_id, std::int64_t{1}, row.provider_id})
            key += "," + std::to_string(id);
        key += "," + std::to_string(row.status_code / 100) + (folded ? ",true,'" : ",false,'") +
               row.space + "','" + row.model + "'," +
               (folded ? "" : "/* " + std::to_string(i) + " */");
        deltas[key].add(row);
    }
    sql.query(
        "INSERT INTO request_logs (created_at, master_id, key_id, provider_group_id, provider_id,"
        " tokens_in, tokens_out, cached_tokens, cost_nano, latency_ms, status_code, stream,"
        " request_id, \"group\", namespace, model, upstream_model, provider_type, error, client_ip)"
        " VALUES " +
        records);
    std::string hours;
    for (const auto& [key, sums] : deltas)
        hours += (hours.empty() ? "(" : ",(") + key + sums.sql_values() + ")";
    sql.query(
        "INSERT INTO request_log_hours (hour, master_id, key_id, provider_group_id, provider_id,"
        " status_class, folded, namespace, model, requests, errors, tokens_in, tokens_out,"
        " tokens_cached, cost_nano, latency_sum_ms, latency) VALUES " +
        hours);
}

/// Creates the summaries of a day or a week for all masters and each, or of an hour for all. The
/// rollup of its hours is kept: a reader of both would count twice.
inline void sum_up(SqlReader& sql,
                   const std::vector<LogRow>& rows,
                   const std::string& span,
                   Timestamp starts) {
    const bool each_master = span != "hour";
    const auto length = std::chrono::hours(span == "week" ? 7 * 24 : span == "day" ? 24 : 1);
    std::map<std::string, GroupOf> by = dimensions();
    if (span == "day") by["hour"] = [](const LogRow& row) { return hour_text(row).substr(11, 2); };
    std::map<std::string, Sums> sums;
    for (const LogRow& row : rows) {
        if (row.created_at < starts || row.created_at >= starts + length) continue;
        for (const auto& [dimension, value] : by) {
            const std::string rest = ",'" + value(row) + "',";
            sums["'" + dimension + "',0" + rest].add(row);
            if (each_master)
                sums["'" + dimension + "'," + std::to_string(row.master_id) + rest].add(row);
        }
    }
    const std::string at = "'" + span + "','" + format_time(starts) + "'";
    std::string values;
    for (const auto& [key, each] : sums)
        values += (values.empty() ? "(" : ",(") + at + "," + key + each.sql_values() + ")";
    sql.query(
        "INSERT INTO request_log_summaries (span, starts, dimension, master_id, value, requests,"
        " errors, tokens_in, tokens_out, tokens_cached, cost_nano, latency_sum_ms, latency) "
        "VALUES " +
        values);
    sql.query("INSERT INTO request_log_spans (span, starts, ready) VALUES (" + at + ", true)");
}

}  // namespace ezapi::tests
