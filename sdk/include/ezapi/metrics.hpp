// Prometheus metrics. A handle is cheap to copy and may be used from any thread. Create each one
// once, in the constructor.
//
//     Counter pushed = host.metrics().counter("ezapi_sync_pushed_total", "Entities pushed to Redis");
//     pushed.add();
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/error.hpp"

namespace ezapi {

/// The base of the handles; the kind of the metric decides what record() does.
class Metric {
public:
    Metric(const ez_host* host, ez_metric* handle) : host_(host), handle_(handle) {}

protected:
    void record(double value) const { host_->metrics->record(handle_, value); }

    void release() { host_->metrics->release(host_->context, std::exchange(handle_, nullptr)); }

private:
    const ez_host* host_;
    ez_metric* handle_;
};

class Counter : public Metric {
public:
    using Metric::Metric;

    void add(double amount = 1) const { record(amount); }
};

class Gauge : public Metric {
public:
    using Metric::Metric;

    void set(double value) const { record(value); }

    /// Removes the time series, for a gauge whose subject no longer exists. No copy of this handle
    /// may be used afterwards.
    void remove() { release(); }
};

class Histogram : public Metric {
public:
    using Metric::Metric;

    void observe(double value) const { record(value); }
};

/// Creates metrics; the same name and labels give the same time series. Throws EZ_CONFLICT when the
/// name exists with another kind.
class Metrics {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    explicit Metrics(const ez_host* host) : host_(host) {}

    [[nodiscard]] Counter counter(std::string_view name,
                                  std::string_view help,
                                  Labels labels = {}) const {
        return {host_, create(EZ_COUNTER, name, help, labels, {})};
    }

    [[nodiscard]] Gauge gauge(std::string_view name,
                              std::string_view help,
                              Labels labels = {}) const {
        return {host_, create(EZ_GAUGE, name, help, labels, {})};
    }

    /// `buckets`: ascending upper bounds in the unit of the name, without +Inf.
    [[nodiscard]] Histogram histogram(std::string_view name,
                                      std::string_view help,
                                      std::initializer_list<double> buckets,
                                      Labels labels = {}) const {
        return {host_, create(EZ_HISTOGRAM, name, help, labels, buckets)};
    }

private:
    ez_metric* create(int32_t kind,
                      std::string_view name,
                      std::string_view help,
                      Labels labels,
                      std::initializer_list<double> buckets) const {
        std::vector<ez_pair> pairs;
        for (const auto& [label, value] : labels) pairs.push_back({str(label), str(value)});
        const ez_metric_spec spec{sizeof spec,
                                  kind,
                                  str(name),
                                  str(help),
                                  pairs.data(),
                                  pairs.size(),
                                  buckets.begin(),
                                  buckets.size()};
        ez_metric* handle = nullptr;
        check([&](ez_error* error) {
            return host_->metrics->create(host_->context, &spec, &handle, error);
        });
        return handle;
    }

    const ez_host* host_;
};

}  // namespace ezapi
