#include "host/http/wire/observe.hpp"

#include <cstdio>

#include "ezapi/abi.h"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"

namespace ezapi::host::http {

namespace {

/// Methods come from clients; only known ones become labels.
std::string_view known_method(std::string_view method) noexcept {
    for (const std::string_view known :
         {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}) {
        if (method == known) return known;
    }
    return "other";
}

double seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

void write_line(const Observation& observation) {
    const int32_t level = observation.status >= 500 ? EZ_LOG_INFO : EZ_LOG_DEBUG;
    if (level < telemetry::level()) return;
    char duration[32];
    std::snprintf(duration, sizeof duration, "%.3f", seconds(observation.duration) * 1000.0);
    std::string line(known_method(observation.method));
    line.append(" ").append(observation.pattern.empty() ? "-" : observation.pattern);
    line.append(" ").append(std::to_string(observation.status));
    line.append(" ").append(duration).append(" ms, in ");
    line.append(std::to_string(observation.request_bytes)).append(" B, out ");
    line.append(std::to_string(observation.reply_bytes)).append(" B, request ");
    line.append(observation.request_id);
    telemetry::log(level, "http", line);
}

}  // namespace

Observer::Observer(telemetry::Metrics* metrics) : metrics_(metrics) {
    if (metrics_ == nullptr) return;
    auto& connections = metrics_->gauge("ezapi_http_connections", "Open client connections.");
    auto& queued = metrics_->gauge("ezapi_http_queue", "Requests that wait for a thread.");
    auto& slow = metrics_->gauge("ezapi_http_slow_writes", "Replies that wait for their reader.");
    auto& in_flight = metrics_->gauge("ezapi_http_in_flight", "Requests without an answer yet.");
    // The metrics outlive the server, so they hold a weak pointer.
    metrics_->before_expose([connections = &connections,
                             queued = &queued,
                             slow = &slow,
                             in_flight = &in_flight,
                             weak = std::weak_ptr(figures_)] {
        const auto figures = weak.lock();
        if (!figures || !figures->connections) return;
        connections->record(static_cast<double>(figures->connections()));
        queued->record(static_cast<double>(figures->queued()));
        slow->record(static_cast<double>(figures->slow_writes()));
        in_flight->record(static_cast<double>(figures->in_flight()));
    });
}

void Observer::set_figures(Figures figures) {
    *figures_ = std::move(figures);
}

void Observer::began() noexcept {
    ++in_flight_;
}

void Observer::answered(const Observation& observation) noexcept {
    --in_flight_;
    try {
        if (metrics_ != nullptr) measure(observation);
        write_line(observation);
    } catch (const std::exception& error) {
        telemetry::log(EZ_LOG_ERROR, "http", error.what());
    }
}

void Observer::refused(std::string_view reason) noexcept {
    if (metrics_ == nullptr) return;
    try {
        ez_metric* counter = nullptr;
        {
            const std::lock_guard lock(mutex_);
            auto& known = refusals_[std::string(reason)];
            if (known == nullptr) {
                known = &metrics_->counter("ezapi_http_refused_total",
                                           "Requests and connections refused before a handler.",
                                           {{"reason", std::string(reason)}});
            }
            counter = known;
        }
        counter->record(1);
    } catch (const std::exception& error) {
        telemetry::log(EZ_LOG_ERROR, "http", error.what());
    }
}

void Observer::measure(const Observation& observation) {
    const std::string method(known_method(observation.method));
    const std::string pattern(observation.pattern.empty() ? "none" : observation.pattern);
    const auto status_class = static_cast<size_t>(observation.status / 100);
    ez_metric* requests = nullptr;
    ez_metric* duration = nullptr;
    {
        const std::lock_guard lock(mutex_);
        Series& series = series_[method + " " + pattern];
        const telemetry::Labels route{{"method", method}, {"pattern", pattern}};
        if (series.duration == nullptr) {
            series.duration = &metrics_->histogram(
                "ezapi_http_request_duration_seconds", "From a whole request to its reply.", route);
        }
        if (series.by_class[status_class] == nullptr) {
            auto labels = route;
            labels["status"] = std::to_string(status_class) + "xx";
            series.by_class[status_class] =
                &metrics_->counter("ezapi_http_requests_total", "Requests answered.", labels);
        }
        requests = series.by_class[status_class];
        duration = series.duration;
    }
    requests->record(1);
    duration->record(seconds(observation.duration));
}

}  // namespace ezapi::host::http
