// The process's metrics in Prometheus' model. A series is created once and its handle kept;
// recording is lock-free or nearly so. Names follow Prometheus' rules (counters end in _total, base
// units), which `create` checks, so that what `expose` writes passes `promtool check metrics`.
//
//     Metric& waits = metrics.counter("ezapi_db_waits_total", "Waits for a connection.", {{"pool",
//     "main"}}); waits.record(1);
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ezapi/abi.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

/// One time series: the ABI's handle. It lives until it is released as often as it was created, and
/// not longer than its Metrics. Any thread.
struct ez_metric {
    std::variant<prometheus::Counter*, prometheus::Gauge*, prometheus::Histogram*> series;
    uint64_t handles = 0;  // guarded by the Metrics

    /// Counter: adds `value` >= 0. Gauge: sets. Histogram: observes. Other values are ignored.
    void record(double value) noexcept;

    /// Gauge or counter: adds; a gauge may go down. For a histogram the same as `record`.
    void add(double value) noexcept;
};

namespace ezapi::host::telemetry {

using Metric = ::ez_metric;
using Labels = std::map<std::string, std::string>;

struct MetricSpec {
    int32_t kind = EZ_COUNTER;
    std::string name;
    std::string help;
    Labels labels;
    std::vector<double> buckets;  // histogram: ascending upper bounds without +Inf; empty: kSeconds
};

class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// The same name and labels give the same handle. Throws ezapi::Error: EZ_CONFLICT for a name
    /// that exists with another kind or other buckets, EZ_INVALID for an invalid name or label.
    Metric& create(const MetricSpec& spec);

    /// Releases one handle; with the last one the series is removed. NULL and foreign pointers are
    /// ignored.
    void release(const Metric* metric) noexcept;

    Metric& counter(std::string name, std::string help, Labels labels = {});
    Metric& gauge(std::string name, std::string help, Labels labels = {});
    Metric& histogram(std::string name,
                      std::string help,
                      Labels labels = {},
                      std::vector<double> buckets = {});

    /// `refresh` is called before each exposition, to set gauges whose value is read from
    /// elsewhere. It may be called on several threads at once and must not call expose().
    void before_expose(std::function<void()> refresh);

    /// Everything in Prometheus' text format 0.0.4.
    [[nodiscard]] std::string expose() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ezapi::host::telemetry
