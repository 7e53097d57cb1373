// The metrics of this plugin. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "compare/findings.hpp"
#include "ezapi/metrics.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

class Figures {
public:
    explicit Figures(const Metrics& metrics);
    ~Figures();
    Figures(const Figures&) = delete;
    Figures& operator=(const Figures&) = delete;

    /// What became of pushed entities.
    void pushed(const std::vector<Rendered>& entities, const std::vector<Outcome>& outcomes);

    void compared(const Findings& findings, double seconds);

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
