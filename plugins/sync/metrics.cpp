#include "metrics.hpp"

#include <algorithm>

namespace ezapi::sync {
namespace {

std::string_view result_of(Outcome::Kind kind) {
    switch (kind) {
        case Outcome::Kind::applied:
            return "applied";
        case Outcome::Kind::superseded:
            return "superseded";
        case Outcome::Kind::fenced:
            return "fenced";
        default:
            return "failed";
    }
}

}  // namespace

SyncMetrics::SyncMetrics(const Metrics& metrics)
    : push_seconds(metrics.histogram("ezapi_sync_push_seconds",
                                     "Time from reading a round of entities until Redis has them",
                                     {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5})),
      pending(metrics.gauge("ezapi_sync_pending", "Entities that wait to be pushed")),
      dead(metrics.gauge("ezapi_sync_dead", "Entities given up after too many attempts")),
      oldest_seconds(
          metrics.gauge("ezapi_sync_oldest_pending_seconds", "Age of the oldest pending entity")),
      redis_available(
          metrics.gauge("ezapi_sync_redis_available", "1: the last push or probe reached Redis")),
      full_pushes(metrics.counter(
          "ezapi_sync_full_pushes_total", "Full pushes by their result", {{"result", "done"}})),
      failed_full_pushes(metrics.counter(
          "ezapi_sync_full_pushes_total", "Full pushes by their result", {{"result", "failed"}})),
      visible_seconds(
          metrics.histogram("ezapi_sync_visible_seconds",
                            "Time from the commit of a change until Redis has it",
                            {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5})),
      drift(metrics.gauge("ezapi_sync_drift",
                          "Entities in which Redis differed at the last comparison, unrepaired")),
      comparison_seconds(metrics.gauge("ezapi_sync_comparison_seconds",
                                       "Duration of the last comparison with the database")),
      nodes(metrics.gauge("ezapi_sync_nodes", "Nodes of the data plane that report themselves")),
      stalest_node_seconds(
          metrics.gauge("ezapi_sync_stalest_node_seconds",
                        "How long the node that is furthest behind has lacked a change")),
      metrics_(metrics) {}

void SyncMetrics::compared(const Compared& result) {
    drift.set(
        static_cast<double>(result.missing + result.stale + result.foreign - result.repaired));
    comparison_seconds.set(result.seconds);
    const auto count = [&](std::string_view kind, std::int64_t amount) {
        metrics_
            .counter("ezapi_sync_drift_found_total",
                     "Entities in which Redis differed from the database",
                     {{"kind", kind}})
            .add(static_cast<double>(amount));
    };
    count("missing", result.missing);
    count("stale", result.stale);
    count("foreign", result.foreign);
    metrics_.counter("ezapi_sync_drift_repaired_total", "Entities that a comparison has repaired")
        .add(static_cast<double>(result.repaired));
}

SyncMetrics::~SyncMetrics() {
    for (auto& [node, gauge] : node_gauges_) gauge.remove();
}

/// Nodes beyond a number get no series of their own. One that is gone loses its series, and so
/// makes room for another.
void SyncMetrics::staleness(const std::map<std::string, double>& seconds_by_node) {
    nodes.set(static_cast<double>(seconds_by_node.size()));
    for (auto entry = node_gauges_.begin(); entry != node_gauges_.end();) {
        if (seconds_by_node.contains(entry->first)) {
            ++entry;
            continue;
        }
        entry->second.remove();
        entry = node_gauges_.erase(entry);
    }
    double stalest = 0;
    for (const auto& [node, seconds] : seconds_by_node) {
        stalest = std::max(stalest, seconds);
        auto known = node_gauges_.find(node);
        if (known == node_gauges_.end()) {
            if (node_gauges_.size() == kMostNodes) continue;
            const Gauge made =
                metrics_.gauge("ezapi_sync_node_staleness_seconds",
                               "How long a node of the data plane has lacked a change",
                               {{"node", node}});
            known = node_gauges_.emplace(node, made).first;
        }
        known->second.set(seconds);
    }
    stalest_node_seconds.set(stalest);
}

void SyncMetrics::pushed(const std::vector<Rendered>& entities,
                         const std::vector<Outcome>& outcomes) {
    std::map<std::pair<std::string, std::string_view>, double> amounts;
    for (size_t i = 0; i < entities.size(); ++i)
        amounts[{entities[i].entity.resource, result_of(outcomes[i].kind)}] += 1;
    for (const auto& [labels, amount] : amounts) add(labels.first, labels.second, amount);
}

void SyncMetrics::add(const std::string& resource, std::string_view result, double amount) {
    const std::lock_guard lock(mutex_);
    const std::pair key(resource, std::string(result));
    auto entry = pushed_.find(key);
    if (entry == pushed_.end()) {
        entry = pushed_
                    .emplace(key,
                             metrics_.counter("ezapi_sync_pushed_total",
                                              "Entities pushed to Redis",
                                              {{"resource", resource}, {"result", result}}))
                    .first;
    }
    entry->second.add(amount);
}

}  // namespace ezapi::sync
