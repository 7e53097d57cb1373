// Probes what the process depends on, each from its own thread, so that a health request is
// answered at once from memory even while a database hangs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ezapi::host::app {

/// One dependency: `probe` throws when it does not work, and may block.
struct Check {
    std::string name;
    bool needed_to_serve = false;
    std::function<void()> probe;
};

class HealthMonitor {
public:
    struct Finding {
        std::string name;
        bool needed_to_serve = false;
        bool known = false;  // probed at least once
        bool ok = false;
        std::string error;
    };

    explicit HealthMonitor(std::vector<Check> checks,
                           std::chrono::milliseconds period = std::chrono::seconds(1),
                           std::chrono::milliseconds patience = std::chrono::seconds(2));
    ~HealthMonitor();
    HealthMonitor(const HealthMonitor&) = delete;
    HealthMonitor& operator=(const HealthMonitor&) = delete;

    /// Waits until every dependency needed to serve was probed once; false: not within `limit`.
    bool await_first(std::chrono::milliseconds limit);

    /// Whether every dependency needed to serve works. From memory; any thread.
    [[nodiscard]] bool serving() const;

    /// The result of each last probe; one that takes longer than `patience` counts as failed.
    [[nodiscard]] std::vector<Finding> findings() const;

private:
    struct Watched {
        Check check;
        Finding finding;
        bool probing = false;
        std::chrono::steady_clock::time_point since;
        std::thread thread;
    };

    void watch(Watched& watched);
    void probe_once(Watched& watched);
    [[nodiscard]] bool hangs(const Watched& watched) const;

    std::chrono::milliseconds period_;
    std::chrono::milliseconds patience_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::vector<Watched> watched_;
};

}  // namespace ezapi::host::app
