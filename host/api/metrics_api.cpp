// The ABI's `metrics`: series of a plugin in the host's registry. Two plugins may share a name when
// they agree about its kind.
#include "ezapi/error.hpp"
#include "ezapi/prefix.hpp"
#include "host/api/tables.hpp"
#include "host/modules/context.hpp"
#include "host/telemetry/metrics.hpp"

namespace ezapi::host::api {
namespace {

telemetry::MetricSpec spec_of(const ez_metric_spec& spec) {
    telemetry::MetricSpec out;
    out.kind = spec.kind;
    out.name = view(spec.name);
    out.help = view(spec.help);
    for (size_t i = 0; i < spec.label_count; ++i) {
        out.labels[std::string(view(spec.labels[i].name))] = view(spec.labels[i].value);
    }
    if (spec.bucket_count > 0) out.buckets.assign(spec.buckets, spec.buckets + spec.bucket_count);
    return out;
}

ez_status create(ez_context* context,
                 const ez_metric_spec* spec,
                 ez_metric** out,
                 ez_error* error) noexcept {
    return guard(error,
                 [&] { *out = &context->host->metrics->create(spec_of(taken(spec, "metric"))); });
}

void record(ez_metric* metric, double value) noexcept {
    if (metric != nullptr) metric->record(value);
}

void release(ez_context* context, ez_metric* metric) noexcept {
    context->host->metrics->release(metric);
}

}  // namespace

const ez_metrics_api kMetrics = {sizeof(ez_metrics_api), create, record, release};

}  // namespace ezapi::host::api
