#include "query/statistics.hpp"

#include <algorithm>

#include "ezapi/changes.hpp"
#include "rollup/figures_row.hpp"

namespace ezapi::logs {
namespace {

constexpr std::string_view kFigures =
    "requests, errors, tokens_in, tokens_out, tokens_cached, cost_nano, latency_sum_ms";

/// Concatenates histograms with the separator that LatencyHistogram::merge accepts.
constexpr std::string_view kSums =
    "least(sum(requests), 9223372036854775807)::bigint AS requests, least(sum(errors), "
    "9223372036854775807)::bigint AS errors,"
    " least(sum(tokens_in), 9223372036854775807)::bigint AS tokens_in, least(sum(tokens_out), "
    "9223372036854775807)::bigint AS tokens_out,"
    " least(sum(tokens_cached), 9223372036854775807)::bigint AS tokens_cached, "
    "sum(cost_nano) AS cost_nano,"
    " least(sum(latency_sum_ms), 9223372036854775807)::bigint AS latency_sum_ms,"
    " string_agg(latency, '\\x00') AS latency";

/// Looking up one group in all its spans costs about as much as scanning so many other groups.
constexpr std::size_t kLookup = 8;

constexpr std::string_view kSpans =
    "SELECT span, starts FROM request_log_spans "
    "WHERE ready AND starts >= $1 AND starts < $2 ORDER BY starts";

std::string time_text(Timestamp time) {
    return std::string(view(Param(time).value().text));
}

/// A PostgreSQL timestamptz[] literal.
template <class Item, class TimeOf>
Param times(const std::vector<Item>& items, TimeOf time_of) {
    std::vector<std::string> texts;
    texts.reserve(items.size());
    for (const Item& item : items) texts.push_back(time_text(time_of(item)));
    return Param::owning(pg_array(texts));
}

/// Reads the seven sums, starting with `column`.
Aggregate sums(const Rows& rows, size_t row, size_t column) {
    return {.requests = rows.integer(row, column),
            .errors = rows.integer(row, column + 1),
            .tokens_in = rows.integer(row, column + 2),
            .tokens_out = rows.integer(row, column + 3),
            .tokens_cached = rows.integer(row, column + 4),
            .cost_nano = wide_sum(rows.text(row, column + 5)),
            .latency_sum_ms = rows.integer(row, column + 6)};
}

Aggregate sum_of(const std::vector<Group>& groups) {
    Aggregate out;
    for (const Group& group : groups) out.add(group.figures);
    return out;
}

void keep_largest(std::vector<Group>& groups, std::size_t most) {
    std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
        return a.figures.requests > b.figures.requests;
    });
    if (groups.size() > most)
        groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(most), groups.end());
}

}  // namespace

Statistics::Statistics(Tx& tx, const TimeSpan& range, std::int64_t master_id)
    : tx_(tx), master_id_(master_id) {
    settle_edges(range);
}

/// Uses the rollup of the whole hour for an edge when the rest of that hour is empty, as it is when
/// the range ends now.
void Statistics::settle_edges(const TimeSpan& range) {
    TimeSpan wide = range;
    const TimeSpan before{hour_of(range.from), range.from};
    const TimeSpan behind{range.to, hour_after(range.to)};
    if (!before.empty() && nothing_in(before)) wide.from = before.from;
    if (!behind.empty() && nothing_in(behind)) wide.to = behind.to;
    edges_ = edges(wide);
    const TimeSpan whole = whole_hours(wide);
    if (!whole.empty()) read_spans(whole);
}

bool Statistics::nothing_in(const TimeSpan& span) {
    return tx_
        .query("SELECT 1 FROM request_logs WHERE created_at >= $1 AND created_at < $2 LIMIT 1",
               {span.from, span.to})
        .empty();
}

void Statistics::read_spans(const TimeSpan& whole) {
    const Rows rows = tx_.query(kSpans, {whole.from, whole.to});
    SummedUp there;
    for (size_t row = 0; row < rows.size(); ++row) {
        const std::string_view span = rows.text(row, 0);
        // Summaries of hours exist for all masters together only.
        if (span == "hour" && master_id_ != 0) continue;
        auto& starts = span == "week" ? there.weeks : span == "day" ? there.days : there.hours;
        starts.push_back(*rows.time(row, 1));
    }
    cover_ = cover(whole, there);
    there.weeks.clear();
    cover_by_day_ = cover(whole, there);
    cover_by_hour_ = cover(whole, {});
}

/// A CTE named `part` with the rows of all tables that the grouping needs. Parameters: $1 master,
/// $2 weeks, $3 days, $4 hours, $5 and $6 start and end of the hours without summaries.
std::string Statistics::parts(const Grouping& grouping) const {
    const std::string figures = " AS value, " + std::string(kFigures) + ", latency FROM ";
    const auto summaries = [&](const char* span,
                               std::string_view dimension,
                               std::string_view value,
                               const char* starts) {
        return "SELECT " + std::string(value) + figures + "request_log_summaries WHERE span = '" +
               span + "' AND dimension = '" + std::string(dimension) +
               "' AND master_id = $1::bigint AND starts = ANY(" + starts + "::timestamptz[])";
    };
    // OFFSET 0 is an optimization fence: it makes the planner find these rows by hour. Otherwise a
    // generic plan may scan the whole table, even for an empty list of spans.
    const auto loose = [&](const char* condition) {
        return "SELECT " + std::string(grouping.loose_value) + figures +
               "unnest($5::timestamptz[], $6::timestamptz[]) AS loose(first, behind)"
               " CROSS JOIN LATERAL (SELECT * FROM request_log_hours"
               " WHERE hour >= first AND hour < behind" +
               condition + " OFFSET 0) AS hours";
    };
    std::string out =
        "WITH part AS (" + summaries("week", grouping.day_dimension, grouping.day_value, "$2") +
        " UNION ALL " + summaries("day", grouping.day_dimension, grouping.day_value, "$3") +
        " UNION ALL " + summaries("hour", grouping.hour_dimension, grouping.hour_value, "$4") +
        " UNION ALL ";
    // The index by master is partial: it contains folded rows only.
    out += master_id_ == 0 ? loose("")
                           : loose(" AND master_id = $1 AND folded") + " UNION ALL " +
                                 loose(" AND master_id = $1 AND NOT folded");
    return out + ")";
}

std::vector<Param> Statistics::places(const Grouping& grouping) const {
    const Cover& used = !grouping.summed_up  ? cover_by_hour_
                        : grouping.by_time() ? cover_by_day_
                                             : cover_;
    const auto itself = [](Timestamp time) { return time; };
    return {master_id_,
            times(used.weeks, itself),
            times(used.days, itself),
            times(used.hours, itself),
            times(used.loose, [](const TimeSpan& span) { return span.from; }),
            times(used.loose, [](const TimeSpan& span) { return span.to; })};
}

Statistics::Found Statistics::from_rows(const Grouping& grouping) {
    Found found;
    for (const TimeSpan& edge : edges_) {
        std::string sql = "SELECT " + std::string(grouping.row_value) +
                          ", count(*), count(*) FILTER (WHERE status_code >= 400),"
                          " least(sum(tokens_in), 9223372036854775807)::bigint, "
                          "least(sum(tokens_out), 9223372036854775807)::bigint,"
                          " least(sum(cached_tokens), 9223372036854775807)::bigint, "
                          "sum(cost_nano),"
                          " sum(latency_ms)::bigint, latency_ms FROM request_logs"
                          " WHERE created_at >= $1 AND created_at < $2";
        std::vector<Param> params{edge.from, edge.to};
        if (master_id_ != 0) {
            sql += " AND master_id = $3";
            params.emplace_back(master_id_);
        }
        const Rows rows = tx_.query(sql + " GROUP BY 1, latency_ms", params);
        for (size_t row = 0; row < rows.size(); ++row) {
            Aggregate some = sums(rows, row, 1);
            some.latency.add(rows.integer(row, 8), static_cast<std::uint64_t>(some.requests));
            found[std::string(rows.text(row, 0))].add(some);
        }
    }
    return found;
}

/// The groups with the most requests in the rollups, and the number of groups.
Statistics::Largest Statistics::find_largest(const Grouping& grouping, std::size_t most) {
    std::vector<Param> params = places(grouping);
    params.emplace_back(most);
    const Rows rows =
        tx_.query(parts(grouping) +
                      " SELECT value, groups FROM (SELECT value, count(*) OVER () AS groups,"
                      " row_number() OVER (ORDER BY sum(requests) DESC, value) AS place"
                      " FROM part GROUP BY value) AS ranked WHERE place <= $7",
                  params);
    Largest out;
    for (size_t row = 0; row < rows.size(); ++row) out.values.emplace_back(rows.text(row, 0));
    if (!rows.empty()) out.groups = static_cast<std::size_t>(rows.integer(0, 1));
    return out;
}

/// Adds the rollup figures of all groups, or of those given. Returns the number of groups in
/// `found` that occur in no rollup.
std::size_t Statistics::add_figures(const Grouping& grouping, const Largest* only, Found& found) {
    std::string sql = parts(grouping) + " SELECT value, " + std::string(kSums) + " FROM ";
    std::vector<Param> params = places(grouping);
    if (only == nullptr) {
        sql += "part";
    } else {
        // A join, so that it is hashed: `= ANY` with a parameter compares every row with every
        // value. The planner assumes few values and would look up each; OFFSET 0 prevents that.
        const bool look_up = only->groups / kLookup > only->values.size();
        sql += look_up ? "part" : "(SELECT * FROM part OFFSET 0) AS part";
        sql += " WHERE value IN (SELECT unnest($7::text[]))";
        params.push_back(Param::owning(pg_array(only->values)));
    }
    const Rows rows = tx_.query(sql + " GROUP BY value", params);
    std::size_t elsewhere = found.size();
    for (size_t row = 0; row < rows.size(); ++row) {
        Aggregate some = sums(rows, row, 1);
        some.latency.merge(from_bytea(rows.text(row, 8)));
        const auto [entry, is_new] = found.try_emplace(std::string(rows.text(row, 0)));
        entry->second.add(some);
        if (!is_new) --elsewhere;
    }
    return elsewhere;
}

/// When there are many groups, sums only the largest of the rollups and those that occur at the
/// edges: no other group can be among the largest overall. Returns the number of groups.
std::size_t Statistics::add_many(const Grouping& grouping, std::size_t most, Found& found) {
    Largest largest = find_largest(grouping, most);
    for (const auto& [value, figures] : found) largest.values.push_back(value);
    if (largest.values.empty()) return 0;
    return largest.groups + add_figures(grouping, &largest, found);
}

Groups Statistics::by(const Grouping& grouping, std::size_t most) {
    Found found = from_rows(grouping);
    Groups out;
    if (grouping.many) {
        out.count = add_many(grouping, most, found);
    } else {
        add_figures(grouping, nullptr, found);
        out.count = found.size();
    }
    for (auto& [value, figures] : found) out.listed.push_back({value, std::move(figures)});
    const bool complete = out.count == out.listed.size();
    if (complete) out.total = sum_of(out.listed);
    if (!grouping.by_time()) keep_largest(out.listed, most);
    if (!complete) out.total = total();
    return out;
}

Aggregate Statistics::total() {
    return by(grouping("status"), std::size_t{10}).total;
}

}  // namespace ezapi::logs
