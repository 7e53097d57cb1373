// Metrics and log lines of requests. Paths appear as route patterns only: these are few, and
// contain no ids, queries or credentials.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace ezapi::host::telemetry {
class Metrics;
}
struct ez_metric;

namespace ezapi::host::http {

struct Observation {
    std::string_view method;
    std::string_view pattern;  // empty: no route
    int status = 0;
    std::chrono::steady_clock::duration duration{};
    std::string_view request_id;
    size_t request_bytes = 0;
    size_t reply_bytes = 0;
};

class Observer {
public:
    /// Values that are read at each exposition.
    struct Figures {
        std::function<size_t()> connections;
        std::function<size_t()> queued;
        std::function<size_t()> slow_writes;
        std::function<int64_t()> in_flight;
    };

    /// `metrics` may be NULL.
    explicit Observer(telemetry::Metrics* metrics);

    void set_figures(Figures figures);

    void began() noexcept;
    void answered(const Observation& observation) noexcept;
    /// A request or connection was refused before it reached a handler.
    void refused(std::string_view reason) noexcept;

    [[nodiscard]] int64_t in_flight() const noexcept { return in_flight_.load(); }

private:
    struct Series {
        ez_metric* by_class[6] = {};
        ez_metric* duration = nullptr;
    };

    void measure(const Observation& observation);

    telemetry::Metrics* metrics_;
    std::atomic<int64_t> in_flight_ = 0;
    std::mutex mutex_;
    std::map<std::string, Series, std::less<>> series_;  // by "GET /pattern"
    std::map<std::string, ez_metric*, std::less<>> refusals_;
    std::shared_ptr<Figures> figures_ = std::make_shared<Figures>();
};

}  // namespace ezapi::host::http
