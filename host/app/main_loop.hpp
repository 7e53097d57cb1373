// The main thread while the process serves: it runs tasks (plugins start and stop only there) until
// a signal ends it. The first SIGTERM or SIGINT ends the loop; a second one ends the process at
// once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace ezapi::host::app {

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and in those that it starts from now on.
void block_end_signals();

class MainLoop {
public:
    /// Starts to watch for signals.
    MainLoop();
    ~MainLoop();
    MainLoop(const MainLoop&) = delete;
    MainLoop& operator=(const MainLoop&) = delete;

    /// Runs tasks until a signal arrives; tasks that are still queued are not run.
    void run();

    /// Runs `task` on the main thread, waits for it and rethrows what it throws. Throws
    /// EZ_UNAVAILABLE when the process ends first. Not from the main thread.
    void call(const std::function<void()>& task);

    [[nodiscard]] bool ending() const noexcept { return ending_; }

    /// Waits for the given time or a signal; true: a signal arrived.
    bool wait_for_end(std::chrono::milliseconds limit);

private:
    struct Task {
        const std::function<void()>* body;
        std::exception_ptr error;
        bool done = false;
    };

    void watch_signals();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task*> tasks_;
    std::atomic<bool> ending_{false};
    std::atomic<bool> closing_{false};
    std::thread watcher_;
};

}  // namespace ezapi::host::app
