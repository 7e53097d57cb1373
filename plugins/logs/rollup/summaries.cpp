#include "rollup/summaries.hpp"

#include <algorithm>
#include <set>

#include "rollup/figures_row.hpp"
#include "rollup/folding.hpp"
#include "rows/pg_binary.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono;

constexpr minutes kWorkLimit{10};
constexpr minutes kRest{2};  // after the end of a span, for late records
constexpr std::uint16_t kCopyColumns = 13;

constexpr const char* kCopySummaries =
    "COPY request_log_summaries (span, starts, dimension, master_id, value, requests, errors,"
    " tokens_in, tokens_out, tokens_cached, cost_nano, latency_sum_ms, latency)"
    " FROM STDIN (FORMAT binary)";

struct Dimension {
    const char* name;
    const char* value;  // SQL expression over request_log_hours
};

constexpr Dimension kDimensions[] = {
    {"model", "model"},
    {"master", "master_id::text"},
    {"key", "key_id::text"},
    {"provider", "provider_id::text"},
    {"namespace", "namespace"},
    {"status", "status_class::text"},
    {"hour", "to_char(hour, 'HH24')"},
};

constexpr const char* kDeclare = "DECLARE upkeep NO SCROLL CURSOR FOR SELECT ";

/// A condition for times between the settings ezapi.from and ezapi.to.
std::string in_span(const std::string& column) {
    return column + " >= current_setting('ezapi.from')::timestamptz AND " + column +
           " < current_setting('ezapi.to')::timestamptz";
}

/// The rows that make up the entries of one dimension, sorted so that only one entry is in memory.
std::string cursor_over_hours(const Dimension& dimension, bool of_each_master) {
    const std::string master = of_each_master ? "master_id" : "0";
    return kDeclare + master + ", " + dimension.value + ", " + kFigureColumns +
           " FROM request_log_hours WHERE " + in_span("hour") +
           (of_each_master ? " AND master_id <> 0" : "") + " ORDER BY 1, 2";
}

/// The same from the day summaries of a week, for all masters and for each master.
std::string cursor_over_days(const Dimension& dimension) {
    return kDeclare + std::string("master_id, value, ") + kFigureColumns +
           " FROM request_log_summaries WHERE span = 'day' AND dimension = '" + dimension.name +
           "' AND " + in_span("starts") + " ORDER BY 1, 2";
}

/// Finds a day between ezapi.from and ezapi.to that has records but no summary.
constexpr const char* kMissingDay =
    "SELECT 1 FROM generate_series(current_setting('ezapi.from')::timestamptz,"
    " current_setting('ezapi.to')::timestamptz - interval '1 hour', interval '24 hours') AS day"
    " WHERE NOT EXISTS (SELECT FROM request_log_spans"
    " WHERE span = 'day' AND starts = day AND ready)"
    " AND EXISTS (SELECT FROM request_log_hours"
    " WHERE hour >= day AND hour < day + interval '24 hours') LIMIT 1";

bool is_hour(const Dimension& dimension) {
    return std::string_view(dimension.name) == "hour";
}

std::chrono::hours length_of(std::string_view span) {
    return std::chrono::hours(span == "week" ? 7 * 24 : span == "day" ? 24 : 1);
}

Timestamp week_of(Timestamp time) {
    const auto day = floor<std::chrono::days>(time);
    return day - (weekday(std::chrono::sys_days(day)) - Monday);
}

/// Writes the summaries of one span with COPY, in pieces.
class Summary {
public:
    Summary(Tx& tx, std::string_view span, Timestamp starts)
        : tx_(tx), span_(span), starts_(starts) {}

    /// Adds the entries of one dimension from a cursor.
    void add(const Dimension& dimension, const std::string& cursor) {
        tx_.query(cursor);
        for (Rows rows = fetch(); !rows.empty(); rows = fetch()) {
            for (size_t i = 0; i < rows.size(); ++i) add_row(dimension, rows, i);
        }
        tx_.query("CLOSE upkeep");
        finish(dimension);
    }

    void write() {
        if (copy_.empty()) return;
        tx_.copy_in(kCopySummaries,
                    std::string(pg_binary::kHeader) + copy_ + std::string(pg_binary::kTrailer));
        copy_.clear();
    }

private:
    Rows fetch() { return tx_.query("FETCH 5000 FROM upkeep"); }

    void add_row(const Dimension& dimension, const Rows& rows, size_t row) {
        const std::int64_t master = rows.integer(row, 0);
        if (!open_ || master != master_ || rows.text(row, 1) != value_) {
            finish(dimension);
            open_ = true;
            master_ = master;
            value_ = rows.text(row, 1);
        }
        figures_.add(rows, row, 2);
    }

    void finish(const Dimension& dimension) {
        if (!open_) return;
        pg_binary::begin_row(copy_, kCopyColumns);
        pg_binary::bytes(copy_, span_);
        pg_binary::time(copy_, starts_.time_since_epoch().count());
        pg_binary::bytes(copy_, dimension.name);
        pg_binary::int8(copy_, master_);
        pg_binary::bytes(copy_, value_);
        figures_.append_to(copy_);
        figures_ = {};
        open_ = false;
    }

    Tx& tx_;
    std::string_view span_;
    Timestamp starts_;
    bool open_ = false;
    std::int64_t master_ = 0;
    std::string value_;
    Figures figures_;
    std::string copy_;
};

}  // namespace

size_t Summaries::run(Timestamp now, const Stopping& stopping) const {
    std::set<Timestamp> hours;
    std::set<Timestamp> days;
    std::set<Timestamp> weeks;
    for (const Timestamp hour : known_hours(db_)) {
        hours.insert(hour);
        days.insert(floor<std::chrono::days>(hour));
        weeks.insert(week_of(hour));
    }
    size_t built = 0;
    for (const auto& [span, all] :
         {std::pair{"hour", &hours}, std::pair{"day", &days}, std::pair{"week", &weeks}}) {
        for (const Timestamp starts : missing(span, *all)) {
            if (starts + length_of(span) + kRest > now) continue;
            if (stopping()) return built;
            built += build(span, starts) ? 1U : 0U;
        }
    }
    return built;
}

std::vector<Timestamp> Summaries::missing(std::string_view span,
                                          const std::set<Timestamp>& starts) const {
    const Rows rows =
        db_.query("SELECT starts FROM request_log_spans WHERE span = $1 AND ready", {span});
    std::set<Timestamp> ready;
    for (size_t i = 0; i < rows.size(); ++i) ready.insert(*rows.time(i, 0));
    std::vector<Timestamp> out;
    for (const Timestamp start : starts) {
        if (!ready.contains(start)) out.push_back(start);
    }
    return out;
}

void Summaries::announce(std::string_view span, Timestamp starts) const {
    Tx tx = db_.begin();
    tx.query("SELECT pg_advisory_xact_lock(7310872414)");  // blocks writers
    tx.query(
        "INSERT INTO request_log_spans (span, starts) VALUES ($1, $2)"
        " ON CONFLICT (span, starts) DO UPDATE SET ready = false",
        {span, starts});
    tx.query("DELETE FROM request_log_summaries WHERE span = $1 AND starts = $2", {span, starts});
    tx.commit();
}

bool Summaries::build(std::string_view span, Timestamp starts) const {
    announce(span, starts);
    Tx tx = db_.begin({.isolation = EZ_REPEATABLE_READ, .statement_timeout = kWorkLimit});
    tx.query("SELECT set_config('ezapi.from', $1, true), set_config('ezapi.to', $2, true)",
             {format_time(starts), format_time(starts + length_of(span))});
    if (span == "week" && !tx.query(kMissingDay).empty()) return false;
    Summary summary(tx, span, starts);
    for (const Dimension& dimension : kDimensions) {
        if (span != "day" && is_hour(dimension)) continue;
        if (span == "week") {
            summary.add(dimension, cursor_over_days(dimension));
        } else {
            summary.add(dimension, cursor_over_hours(dimension, false));
            if (span == "day") summary.add(dimension, cursor_over_hours(dimension, true));
        }
        summary.write();
    }
    try {
        const Rows done = tx.query(
            "UPDATE request_log_spans SET ready = true, built_at = now()"
            " WHERE span = $1 AND starts = $2 AND NOT ready",
            {span, starts});
        if (done.affected() != 1) return false;
        tx.commit();
    } catch (const Error& error) {
        if (error.sqlstate() != "40001") throw;
        return false;
    }
    return true;
}

}  // namespace ezapi::logs
