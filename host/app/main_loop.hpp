// What the main thread does while the process serves: it waits for tasks (plugins start and stop
// only there) and for the signal to end. The first SIGTERM or SIGINT ends the loop; a second one
// ends the process at once, whatever it is doing.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace ezapi::host::app {

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and those that it starts from now on.
void block_end_signals();

class MainLoop {
public:
    /// Begins to watch for signals.
    MainLoop();
    ~MainLoop();
    MainLoop(const MainLoop&) = delete;
    MainLoop& operator=(const MainLoop&) = delete;

    /// Runs tasks until a signal; what is queued then is left undone.
    void run();

    /// Runs `task` on the main thread and waits for its end; what it throws is thrown here. Throws
    /// EZ_UNAVAILABLE when the process ends first. Not from the main thread.
    void call(const std::function<void()>& task);

    [[nodiscard]] bool ending() const noexcept { return ending_; }

    /// Waits as long or until a signal; true: a signal came.
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
