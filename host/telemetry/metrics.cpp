#include "host/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <mutex>
#include <utility>

#include "ezapi/error.hpp"

namespace ezapi::host::telemetry {
namespace {

constexpr std::array<double, 14> kSeconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

constexpr std::array<std::string_view, 3> kKinds = {"counter", "gauge", "histogram"};

bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view text) {
    return !text.empty() && is_alpha(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alpha(c) || (c >= '0' && c <= '9');
    });
}

[[noreturn]] void refuse(const MetricSpec& spec, const std::string& why) {
    throw Error(EZ_INVALID, "metric '" + spec.name + "': " + why);
}

void check_buckets(const MetricSpec& spec) {
    if (!std::all_of(spec.buckets.begin(), spec.buckets.end(), [](double bound) {
            return std::isfinite(bound);
        })) {
        refuse(spec, "a bucket is not a finite number");
    }
    if (std::adjacent_find(spec.buckets.begin(), spec.buckets.end(), std::greater_equal<>()) !=
        spec.buckets.end()) {
        refuse(spec, "the buckets are not ascending");
    }
}

void check_spec(const MetricSpec& spec) {
    if (spec.kind < EZ_COUNTER || spec.kind > EZ_HISTOGRAM) {
        refuse(spec,
               "kind " + std::to_string(spec.kind) +
                   " is none of 0 (counter), 1 (gauge), 2 (histogram)");
    }
    if (!is_name(spec.name))
        refuse(spec, "a name is letters, digits and '_', not beginning with a digit");
    if (spec.help.empty()) refuse(spec, "the help text is empty");
    const bool total = spec.name.ends_with("_total");
    if (spec.kind == EZ_COUNTER && !total) refuse(spec, "a counter's name ends in _total");
    if (spec.kind != EZ_COUNTER && total) refuse(spec, "only a counter's name ends in _total");
    for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
        if (spec.name.ends_with(suffix))
            refuse(spec, "the ending " + std::string(suffix) + " belongs to histograms");
    }
    for (const auto& [name, value] : spec.labels) {
        if (!is_name(name) || name.starts_with("__") ||
            (spec.kind == EZ_HISTOGRAM && name == "le")) {
            refuse(spec, "'" + name + "' cannot be a label's name");
        }
    }
    check_buckets(spec);
}

}  // namespace

struct Metrics::State {
    struct Family {
        int32_t kind = 0;
        std::vector<double> buckets;
        void* family = nullptr;           // prometheus::Family<…> of that kind
        std::map<Labels, Metric> series;  // nodes do not move
    };

    std::mutex mutex;
    prometheus::Registry registry;
    std::map<std::string, Family, std::less<>> families;
    std::deque<std::function<void()>> refreshers;  // only grows: references stay valid

    template <class Builder>
    static void* build(Builder builder, const MetricSpec& spec, prometheus::Registry& registry) {
        return &builder.Name(spec.name).Help(spec.help).Register(registry);
    }

    Family make_family(const MetricSpec& spec) {
        Family made;
        made.kind = spec.kind;
        made.buckets = spec.buckets;
        switch (spec.kind) {
            case EZ_COUNTER:
                made.family = build(prometheus::BuildCounter(), spec, registry);
                break;
            case EZ_GAUGE:
                made.family = build(prometheus::BuildGauge(), spec, registry);
                break;
            default:
                made.family = build(prometheus::BuildHistogram(), spec, registry);
        }
        return made;
    }

    static void drop_series(const Family& family, const Metric& metric) {
        std::visit(
            [&family](auto* series) {
                using Kind = std::remove_pointer_t<decltype(series)>;
                static_cast<prometheus::Family<Kind>*>(family.family)->Remove(series);
            },
            metric.series);
    }

    static Metric make_series(const Family& family, const Labels& labels) {
        switch (family.kind) {
            case EZ_COUNTER:
                return {&static_cast<prometheus::Family<prometheus::Counter>*>(family.family)
                             ->Add(labels)};
            case EZ_GAUGE:
                return {&static_cast<prometheus::Family<prometheus::Gauge>*>(family.family)
                             ->Add(labels)};
            default:
                return {&static_cast<prometheus::Family<prometheus::Histogram>*>(family.family)
                             ->Add(labels, family.buckets)};
        }
    }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}

Metrics::~Metrics() = default;

Metric& Metrics::create(const MetricSpec& wanted) {
    MetricSpec spec = wanted;
    if (spec.kind == EZ_HISTOGRAM && spec.buckets.empty())
        spec.buckets.assign(kSeconds.begin(), kSeconds.end());
    check_spec(spec);
    const std::scoped_lock lock(state_->mutex);
    auto found = state_->families.find(spec.name);
    if (found == state_->families.end()) {
        found = state_->families.emplace(spec.name, state_->make_family(spec)).first;
    }
    State::Family& family = found->second;
    if (family.kind != spec.kind) {
        throw Error(EZ_CONFLICT,
                    "metric '" + spec.name + "': exists as a " +
                        std::string(kKinds[static_cast<size_t>(family.kind)]) + ", not as a " +
                        std::string(kKinds[static_cast<size_t>(spec.kind)]));
    }
    if (family.kind == EZ_HISTOGRAM && family.buckets != spec.buckets) {
        throw Error(EZ_CONFLICT, "metric '" + spec.name + "': exists with other buckets");
    }
    auto series = family.series.find(spec.labels);
    if (series == family.series.end())
        series = family.series.emplace(spec.labels, State::make_series(family, spec.labels)).first;
    ++series->second.handles;
    return series->second;
}

void Metrics::release(const Metric* metric) noexcept {
    const std::scoped_lock lock(state_->mutex);
    for (auto& [name, family] : state_->families) {
        const auto series =
            std::find_if(family.series.begin(), family.series.end(), [metric](const auto& entry) {
                return &entry.second == metric;
            });
        if (series == family.series.end()) continue;
        if (--series->second.handles > 0) return;
        State::drop_series(family, series->second);
        family.series.erase(series);
        return;
    }
}

Metric& Metrics::counter(std::string name, std::string help, Labels labels) {
    return create({EZ_COUNTER, std::move(name), std::move(help), std::move(labels), {}});
}

Metric& Metrics::gauge(std::string name, std::string help, Labels labels) {
    return create({EZ_GAUGE, std::move(name), std::move(help), std::move(labels), {}});
}

Metric& Metrics::histogram(std::string name,
                           std::string help,
                           Labels labels,
                           std::vector<double> buckets) {
    return create(
        {EZ_HISTOGRAM, std::move(name), std::move(help), std::move(labels), std::move(buckets)});
}

void Metrics::before_expose(std::function<void()> refresh) {
    const std::scoped_lock lock(state_->mutex);
    state_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::expose() const {
    size_t count = 0;
    {
        const std::scoped_lock lock(state_->mutex);
        count = state_->refreshers.size();
    }
    // Outside the lock: a refresher may create series.
    for (size_t i = 0; i < count; ++i) {
        const std::function<void()>* refresh = nullptr;
        {
            const std::scoped_lock lock(state_->mutex);
            refresh = &state_->refreshers[i];
        }
        (*refresh)();
    }
    return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace ezapi::host::telemetry

void ez_metric::record(double value) noexcept {
    if (auto* const* gauge = std::get_if<prometheus::Gauge*>(&series)) {
        (*gauge)->Set(value);
    } else {
        add(value);
    }
}

void ez_metric::add(double value) noexcept {
    if (std::isnan(value)) return;
    if (auto* const* counter = std::get_if<prometheus::Counter*>(&series)) {
        if (value >= 0) (*counter)->Increment(value);
    } else if (auto* const* gauge = std::get_if<prometheus::Gauge*>(&series)) {
        (*gauge)->Increment(value);
    } else {
        std::get<prometheus::Histogram*>(series)->Observe(value);
    }
}
