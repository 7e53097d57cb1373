// Statistics over 30 days of request records, for each group_by. Compared with a GROUP BY over the
// rows that computes the same values, and with the same statistics over 30 other days that have a
// tenth of the rows.
#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/bench/scenarios/scenarios.hpp"
#include "tests/bench/stack.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::bench {
namespace {

using namespace std::chrono_literals;

struct Grouping {
    const char* name;
    const char* sql;
};

constexpr std::array<Grouping, 8> kGroupings{{{"model", "model"},
                                              {"master", "master_id"},
                                              {"key", "key_id"},
                                              {"provider", "provider_id"},
                                              {"namespace", "namespace"},
                                              {"status", "status_code / 100"},
                                              {"hour", "date_trunc('hour', created_at, 'UTC')"},
                                              {"day", "date_trunc('day', created_at, 'UTC')"}}};

constexpr size_t kRounds = 9;
constexpr size_t kRequests = 40;  // per round

/// Midnight UTC, this many days from today.
std::string day(int offset) {
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    const std::chrono::year_month_day date{today + std::chrono::days(offset)};
    char text[32];
    std::snprintf(text,
                  sizeof text,
                  "%04d-%02u-%02uT00:00:00Z",
                  static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
    return text;
}

struct Month {
    std::string from;
    std::string to;
};

class Statistics {
public:
    /// Inserts rows over the 30 days, and waits for their summaries.
    void fill(const Month& month, size_t count) {
        for (size_t left = count; left > 0;) {
            const size_t part = std::min<size_t>(left, 500000);
            insert(month, part);
            left -= part;
        }
        rebuild(month);
        if (!tests::eventually(600s, [&] { return stack_.sql(missing_spans(month)) == "0"; }))
            throw std::runtime_error("days and weeks were not summed up within 600 s");
        // Does what autovacuum would do within minutes, so that it does not run during the
        // measurement: all rows are new, and the rebuild has replaced every summary.
        stack_.sql("VACUUM (ANALYZE) request_logs, request_log_hours, request_log_summaries");
    }

    /// Response times of a round in milliseconds.
    std::vector<double> ours(const Grouping& grouping, const Month& month) {
        const std::string path = "/admin/logs/stats?from=" + month.from + "&to=" + month.to +
                                 "&group_by=" + grouping.name + "&limit=500";
        return run_load(stack_.admin(), {.method = "GET", .path = path, .requests = kRequests})
            .latencies_ms;
    }

    /// Duration of the query over the rows in milliseconds.
    double plain(const Grouping& grouping, const Month& month) {
        const auto begin = std::chrono::steady_clock::now();
        stack_.sql(std::string("SELECT ") + grouping.sql +
                   " AS g, count(*), count(*) FILTER (WHERE status_code >= 400), sum(tokens_in),"
                   "  sum(tokens_out), sum(cached_tokens), sum(cost_nano), avg(latency_ms),"
                   "  percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) "
                   "FROM request_logs WHERE created_at >= '" +
                   month.from + "' AND created_at < '" + month.to + "' GROUP BY 1");
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count();
    }

private:
    /// 1,000 tokens of 50 masters with two of 8 models each, as in scenarios/records.cpp.
    void insert(const Month& month, size_t count) {
        stack_.sql(
            "INSERT INTO request_logs (created_at, request_id, master_id, key_id, \"group\","
            "  namespace, model, upstream_model, provider_id, provider_type, status_code,"
            "  latency_ms, tokens_in, tokens_out, cached_tokens, cost_nano, stream, error,"
            "  client_ip) "
            "SELECT timestamptz '" +
            month.from +
            "' + random() * interval '30 days', 'req-' || n,"
            "  1 + key % 50, 1 + key, 'default', 'demo', 'model-' || (key + n % 2) % 8, '',"
            "  1 + (key + n % 2) % 8, 'openai', CASE WHEN n % 50 = 0 THEN 502 ELSE 200 END,"
            "  20 + (random() * 9000)::int, 10 + n % 4000, 1 + n % 2000, 0, 1000, true,"
            "  CASE WHEN n % 50 = 0 THEN 'upstream timeout' ELSE '' END, '10.1.2.3' "
            "FROM (SELECT n, (n * 7919) % 1000 AS key FROM generate_series(" +
            std::to_string(inserted_ + 1) + "::bigint, " + std::to_string(inserted_ + count) +
            ") AS n) AS row");
        inserted_ += count;
    }

    /// A query for the number of past days and weeks without a summary.
    static std::string missing_spans(const Month& month) {
        return "SELECT count(*) FROM generate_series(timestamptz '" + month.from +
               "', timestamptz '" + month.to +
               "' - interval '1 hour', interval '24 hours') AS day,"
               " unnest(ARRAY['day', 'week']) AS length,"
               " date_trunc(length, day, 'UTC') AS first "
               "WHERE first + CASE length WHEN 'week' THEN interval '168 hours'"
               "  ELSE interval '24 hours' END < now() - interval '3 minutes'"
               "  AND NOT EXISTS (SELECT FROM request_log_spans"
               "    WHERE ready AND span = length AND starts = first)";
    }

    void rebuild(const Month& month) {
        tests::HttpClient client = stack_.instance().admin();
        for (std::string from = month.from; !from.empty();) {
            const auto answer =
                client.post("/admin/logs/rollups/rebuild", {{"from", from}, {"to", month.to}});
            if (answer.status != 200) throw std::runtime_error("rebuild: " + answer.body);
            const auto next = answer.json()["next_from"];
            from = next.is_null() ? std::string() : next.get<std::string>();
        }
    }

    Stack stack_{{{"EZ_LOG_MAX_RECORDS", "1000000000"}, {"EZ_LOG_RETENTION_DAYS", "365"}}};
    size_t inserted_ = 0;
};

}  // namespace

void measure_statistics(Run& run) {
    Statistics statistics;
    const size_t rows = run.sized(10000000);
    const Month many{day(-30), day(0)};
    const Month few{day(-60), day(-30)};
    statistics.fill(few, rows / 10);
    statistics.fill(many, rows);
    // All of these before the plain queries, which evict the caches.
    std::array<std::vector<double>, kGroupings.size()> answers;
    std::array<std::vector<Round>, kGroupings.size()> rounds;
    for (size_t round = 0; round < kRounds; ++round) {
        for (size_t i = 0; i < kGroupings.size(); ++i) {
            const std::vector<double> of_many = statistics.ours(kGroupings[i], many);
            const std::vector<double> of_few = statistics.ours(kGroupings[i], few);
            answers[i].insert(answers[i].end(), of_many.begin(), of_many.end());
            rounds[i].push_back({median(of_many), median(of_few)});
        }
    }
    for (size_t i = 0; i < kGroupings.size(); ++i) {
        const std::string name = std::string("logs-statistics by ") + kGroupings[i].name;
        run.add(fold({.name = name + ", p99",
                      .unit = "ms",
                      .reference_name = "GROUP BY over " + std::to_string(rows) + " rows",
                      .target = 1.0 / 200,
                      .better = Better::less},
                     {{quantile(answers[i], 0.99), statistics.plain(kGroupings[i], many)}}));
        // 10 % is the normal variation of the machine.
        run.add(fold({.name = name + ", p50",
                      .unit = "ms",
                      .reference_name = "a tenth of the rows",
                      .target = 1.1,
                      .better = Better::less},
                     rounds[i]));
    }
}

}  // namespace ezapi::bench
