// Looks after what the process depends on, from a thread of its own, so that a question after its
// health is answered at once and from memory even while a database is frozen.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ezapi::host::app {

/// One thing to look after: `probe` throws when it does not answer and may take its time.
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

    /// Waits until everything that is needed was probed once; false: not within `limit`.
    bool await_first(std::chrono::milliseconds limit);

    /// Whether everything that is needed to serve answers. From memory, for any thread.
    [[nodiscard]] bool serving() const;

    /// What each last probe found; one that has taken longer than `patience` counts as failed.
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
