// The metrics of this plugin. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "ezapi/metrics.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

/// The numbers of one comparison of Redis with the database, in entities.
struct Compared {
    std::int64_t missing = 0;
    std::int64_t stale = 0;
    std::int64_t foreign = 0;
    std::int64_t repaired = 0;
    double seconds = 0;
};

class SyncMetrics {
public:
    explicit SyncMetrics(const Metrics& metrics);
    ~SyncMetrics();
    SyncMetrics(const SyncMetrics&) = delete;
    SyncMetrics& operator=(const SyncMetrics&) = delete;

    /// What became of pushed entities.
    void pushed(const std::vector<Rendered>& entities, const std::vector<Outcome>& outcomes);

    void compared(const Compared& result);

    /// Of the nodes that report themselves. One thread at a time.
    void staleness(const std::map<std::string, double>& seconds_by_node);

    Histogram push_seconds;
    Gauge pending;
    Gauge dead;
    Gauge oldest_seconds;
    Gauge redis_available;
    Counter full_pushes;
    Counter failed_full_pushes;
    Histogram visible_seconds;
    Gauge drift;
    Gauge comparison_seconds;
    Gauge nodes;
    Gauge stalest_node_seconds;

private:
    void add(const std::string& resource, std::string_view result, double amount);

    static constexpr size_t kMostNodes = 100;

    Metrics metrics_;
    std::map<std::string, Gauge> node_gauges_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, Counter, std::less<>> pushed_;
};

}  // namespace ezapi::sync
