#include "tests/bench/scenarios/scenarios.hpp"

#include <utility>

namespace ezapi::bench {

std::optional<Target> Run::peer(const std::string& mode) const {
    const auto found = peers_.find(mode);
    if (found == peers_.end()) return std::nullopt;
    // The credentials that the other product is started with for a comparison.
    return target_of(found->second, "bench-internal");
}

void Run::add(Figure figure) {
    figures_.push_back(std::move(figure));
}

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all{
        {"logs-ingest", "durable log records, 100 a body, 32 connections", measure_ingest},
        {"logs-ingest-single", "log records, one a body, 64 connections", measure_ingest_single},
        {"logs-flush", "usage counters, 1,000 a body, 4 connections", measure_flush},
        {"logs-statistics",
         "statistics over 30 days beside a GROUP BY over the rows",
         measure_statistics},
        {"sync-visibility",
         "from the answer to a write to its visibility in Redis",
         measure_visibility},
        {"sync-group", "a change of a group with 10,000 bindings", measure_group_change},
        {"sync-burst", "1,000 changes of one entity that wait for Redis", measure_burst},
        {"sync-full-push",
         "everything of 1,000,000 tokens, and its comparison with the database",
         measure_full_push},
        {"sync-comparison-cost",
         "what comparisons in the background leave to the API under load",
         measure_comparison_cost},
        {"api", "tokens, lists and identity beside the other product", measure_api},
    };
    return all;
}

}  // namespace ezapi::bench
