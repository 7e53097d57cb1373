#include "retention/retention.hpp"

#include <chrono>
#include <string>

#include "ezapi/range.hpp"
#include "ezapi/text.hpp"
#include "ezapi/time.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kPeriod = 60s;
constexpr std::chrono::seconds kPatience = 10s;  // how long a client is kept waiting
constexpr int kMostRounds = 20;                  // plans carried out per run

RetentionRules rules_of(const Json& settings) {
    return {.days = settings.at("retention_days").get<std::int64_t>(),
            .max_records = settings.at("max_records").get<std::int64_t>(),
            .rollup_days = settings.at("rollup_retention_days").get<std::int64_t>()};
}

Timestamp before_of(const Request& request, Timestamp now) {
    const auto text = request.query("before");
    if (!text)
        throw Error(EZ_INVALID, "before: is required, a time like 2026-01-02T03:04:05Z")
            .with_field("before")
            .with_code("required");
    const Timestamp time = query_time("before", *text);
    const Timestamp latest = Expiry::latest_cut(now);
    if (time <= latest) return time;
    throw Error(EZ_INVALID,
                "before: expected a time at least 25 hours ago, which is " + format_time(latest) +
                    ", found " + format_time(time) +
                    ": younger records tell which request ids were stored already")
        .with_field("before")
        .with_code("range");
}

}  // namespace

Retention::Retention(Host& host)
    : main_(host.db()),
      rules_(rules_of(host.settings())),
      mode_(partitioning_of(host.settings().at("partitioning").get<std::string>())),
      partitions_(host.db("logs")),
      expiry_(host.db("logs")),
      log_(host.log()),
      expired_(host.metrics().counter("ezapi_logs_expired_total", "Request records deleted.")),
      strays_(host.metrics().gauge("ezapi_logs_default_partition_records",
                                   "Request records that no partition of theirs holds yet.")) {
    host.every(
        "log-partitions",
        kPeriod,
        Scope::cluster,
        [this](const Run& run) { tend_partitions(run); },
        true);
    host.every("log-retention", kPeriod, Scope::cluster, [this](const Run& run) { expire(run); });
    host.route("DELETE",
               "/admin/logs",
               Access::admin,
               Operation("Deletes request records")
                   .tag("logs")
                   .describe("In batches, for some seconds: send it again until it is complete. "
                             "The statistics keep what the records added to them.")
                   .query("before",
                          time_schema(),
                          "Records from before this time, which is at least 25 hours ago: younger "
                          "ones tell which request ids were stored already")
                   .returns(200,
                            object_schema(
                                {{"deleted", integer_schema()}, {"complete", boolean_schema()}})),
               [this](const Request& request) { return delete_logs(request); });
}

void Retention::expire(const Run& run) const {
    const auto stopping = [&run] { return run.stopping(); };
    const Timestamp time = now();
    if (const auto cut = Expiry::cut_by_age(rules_, time)) delete_records(*cut, stopping);
    if (rules_.rollup_days > 0)
        expiry_.delete_statistics_before(time - std::chrono::days(rules_.rollup_days), stopping);
    if (const auto cut = expiry_.cut_by_number(rules_, time)) delete_records(*cut, stopping);
}

void Retention::delete_records(Timestamp cut, const Expiry::Stopping& stopping) const {
    const Expiry::Outcome outcome = expiry_.delete_before(cut, stopping);
    expired_.add(static_cast<double>(outcome.records));
    if (outcome.records > 0)
        log_.info("deleted " + std::to_string(outcome.records) + " request records from before " +
                  format_time(cut));
}

void Retention::tend_partitions(const Run& run) const {
    partitions_.own_ids();
    for (int round = 0; round < kMostRounds && !run.stopping(); ++round) {
        const Timestamp time = now();
        const auto steps = plan_partitions(mode_, time, partitions_.read(time));
        for (const PartitionStep& step : steps) partitions_.apply(step);
        if (steps.empty()) break;
    }
    strays_.set(static_cast<double>(partitions_.rows_in_default()));
}

Response Retention::delete_logs(const Request& request) const {
    const Timestamp before = before_of(request, now());
    Tx tx = main_.begin();
    const std::string id = "before " + format_time(before);
    tx.changed({.resource = "request-logs", .id = id, .action = EZ_DELETED});
    tx.commit();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    const Expiry::Outcome outcome = expiry_.delete_before(
        before, [deadline] { return std::chrono::steady_clock::now() >= deadline; });
    expired_.add(static_cast<double>(outcome.records));
    return Response::json({{"deleted", outcome.records}, {"complete", outcome.complete}});
}

}  // namespace ezapi::logs
