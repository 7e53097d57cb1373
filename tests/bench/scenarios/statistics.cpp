// Statistics over 30 days of request records, for each group_by, beside the GROUP BY over the rows
// that computes the same figures; and the same statistics over a tenth of the rows.
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

constexpr size_t kRequests = 200;

class Statistics {
public:
    Statistics() : from_(day(-30)), to_(day(0)) {}

    /// Adds rows, the 30 days through, until there are `count`, and waits for their summaries.
    void fill(size_t count) {
        while (filled_ < count) {
            const size_t part = std::min<size_t>(count - filled_, 500000);
            insert(part);
            filled_ += part;
        }
        rebuild();
        const bool summed_up = tests::eventually(600s, [&] {
            return stack_.sql(
                       "SELECT count(*) FROM request_log_spans WHERE ready AND span = 'day'"
                       "  AND starts >= '" +
                       from_ + "' AND starts < '" + to_ + "'") == "30";
        });
        if (!summed_up) throw std::runtime_error("the days were not summed up within 600 s");
        // As autovacuum would within minutes, and then not beside what is measured: all rows are
        // new, and the rebuild replaced every summary.
        stack_.sql("VACUUM (ANALYZE) request_logs, request_log_hours, request_log_summaries");
    }

    /// Milliseconds of many answers.
    std::vector<double> ours(const Grouping& grouping) {
        const std::string path = "/admin/logs/stats?from=" + from_ + "&to=" + to_ +
                                 "&group_by=" + grouping.name + "&limit=500";
        return run_load(stack_.admin(), {.method = "GET", .path = path, .requests = kRequests})
            .latencies_ms;
    }

    /// Milliseconds of the query over the rows.
    double plain(const Grouping& grouping) {
        const auto begin = std::chrono::steady_clock::now();
        stack_.sql(std::string("SELECT ") + grouping.sql +
                   " AS g, count(*), count(*) FILTER (WHERE status_code >= 400), sum(tokens_in),"
                   "  sum(tokens_out), sum(cached_tokens), sum(cost_nano), avg(latency_ms),"
                   "  percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) "
                   "FROM request_logs WHERE created_at >= '" +
                   from_ + "' AND created_at < '" + to_ + "' GROUP BY 1");
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count();
    }

private:
    /// Midnight, UTC, so many days from today.
    static std::string day(int offset) {
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

    /// 1,000 tokens of 50 masters with two of 8 models each, as in scenarios/records.cpp.
    void insert(size_t count) {
        stack_.sql(
            "INSERT INTO request_logs (created_at, request_id, master_id, key_id, \"group\","
            "  namespace, model, upstream_model, provider_id, provider_type, status_code,"
            "  latency_ms, tokens_in, tokens_out, cached_tokens, cost_nano, stream, error,"
            "  client_ip) "
            "SELECT timestamptz '" +
            from_ +
            "' + random() * interval '30 days', 'req-' || n,"
            "  1 + key % 50, 1 + key, 'default', 'demo', 'model-' || (key + n % 2) % 8, '',"
            "  1 + (key + n % 2) % 8, 'openai', CASE WHEN n % 50 = 0 THEN 502 ELSE 200 END,"
            "  20 + (random() * 9000)::int, 10 + n % 4000, 1 + n % 2000, 0, 1000, true,"
            "  CASE WHEN n % 50 = 0 THEN 'upstream timeout' ELSE '' END, '10.1.2.3' "
            "FROM (SELECT n, (n * 7919) % 1000 AS key FROM generate_series(" +
            std::to_string(filled_ + 1) + "::bigint, " + std::to_string(filled_ + count) +
            ") AS n) AS row");
    }

    void rebuild() {
        tests::HttpClient client = stack_.instance().admin();
        for (std::string from = from_; !from.empty();) {
            const auto answer =
                client.post("/admin/logs/rollups/rebuild", {{"from", from}, {"to", to_}});
            if (answer.status != 200) throw std::runtime_error("rebuild: " + answer.body);
            const auto next = answer.json()["next_from"];
            from = next.is_null() ? std::string() : next.get<std::string>();
        }
    }

    std::string from_;
    std::string to_;
    Stack stack_{{{"EZ_LOG_MAX_RECORDS", "1000000000"}, {"EZ_LOG_RETENTION_DAYS", "365"}}};
    size_t filled_ = 0;
};

}  // namespace

void measure_statistics(Run& run) {
    Statistics statistics;
    const size_t rows = run.sized(10000000);
    // Both sizes alike, and both before the plain queries, which turn over the caches.
    const auto measured = [&] {
        std::vector<std::vector<double>> out;
        for (const Grouping& grouping : kGroupings) out.push_back(statistics.ours(grouping));
        return out;
    };
    statistics.fill(rows / 10);
    const auto few = measured();
    statistics.fill(rows);
    const auto many = measured();
    for (size_t i = 0; i < kGroupings.size(); ++i) {
        const std::string name = std::string("logs-statistics by ") + kGroupings[i].name;
        run.add(fold({.name = name + ", p99",
                      .unit = "ms",
                      .reference_name = "GROUP BY over " + std::to_string(rows) + " rows",
                      .target = 1.0 / 200,
                      .better = Better::less},
                     {{quantile(many[i], 0.99), statistics.plain(kGroupings[i])}}));
        // A tenth more is what the machine does by itself from one minute to the next.
        run.add(fold({.name = name + ", p50",
                      .unit = "ms",
                      .reference_name = "a tenth of the rows",
                      .target = 1.1,
                      .better = Better::less},
                     {{median(many[i]), median(few[i])}}));
    }
}

}  // namespace ezapi::bench
