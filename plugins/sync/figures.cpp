#include "figures.hpp"

namespace ezapi::sync {
namespace {

std::string_view result_of(Outcome::Kind kind) {
    switch (kind) {
        case Outcome::Kind::applied:
            return "applied";
        case Outcome::Kind::superseded:
            return "superseded";
        default:
            return "failed";
    }
}

}  // namespace

Figures::Figures(const Metrics& metrics)
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
      metrics_(metrics) {}

void Figures::pushed(const std::vector<Rendered>& entities, const std::vector<Outcome>& outcomes) {
    std::map<std::pair<std::string, std::string_view>, double> amounts;
    for (size_t i = 0; i < entities.size(); ++i)
        amounts[{entities[i].entity.resource, result_of(outcomes[i].kind)}] += 1;
    for (const auto& [labels, amount] : amounts) add(labels.first, labels.second, amount);
}

void Figures::add(const std::string& resource, std::string_view result, double amount) {
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
