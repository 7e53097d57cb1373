// The metrics of this plugin. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "entity.hpp"
#include "ezapi/metrics.hpp"

namespace ezapi::sync {

class Figures {
public:
    explicit Figures(const Metrics& metrics);

    /// What became of pushed entities.
    void pushed(const std::vector<Rendered>& entities, const std::vector<Outcome>& outcomes);

    Histogram push_seconds;
    Gauge pending;
    Gauge dead;
    Gauge oldest_seconds;
    Gauge redis_available;
    Counter full_pushes;
    Counter failed_full_pushes;

private:
    void add(const std::string& resource, std::string_view result, double amount);

    Metrics metrics_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, Counter, std::less<>> pushed_;
};

}  // namespace ezapi::sync
