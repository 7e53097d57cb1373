#include "host/app/main_loop.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <string>

#include "ezapi/error.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::app {
namespace {

sigset_t end_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR2);  // wakes the watcher at destruction
    return set;
}

}  // namespace

void block_end_signals() {
    const sigset_t set = end_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

MainLoop::MainLoop() : watcher_([this] { watch_signals(); }) {}

MainLoop::~MainLoop() {
    closing_ = true;
    pthread_kill(watcher_.native_handle(), SIGUSR2);
    watcher_.join();
}

void MainLoop::watch_signals() {
    const sigset_t set = end_signals();
    while (!closing_) {
        int signal = 0;
        if (sigwait(&set, &signal) != 0 || signal == SIGUSR2 || signal == SIGHUP) continue;
        const bool second = ending_;
        // Without memory for the log line the signal is handled without one.
        (void)guard(nullptr, [&] {
            const std::string name = signal == SIGTERM ? "SIGTERM" : "SIGINT";
            telemetry::log(second ? EZ_LOG_WARN : EZ_LOG_INFO,
                           "host",
                           second ? "second signal (" + name + "): ends at once"
                                  : name + ": ends gracefully, a second signal ends at once");
        });
        if (second) ::_exit(1);
        {
            const std::scoped_lock lock(mutex_);
            ending_ = true;
        }
        changed_.notify_all();
    }
}

void MainLoop::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return ending_ || !tasks_.empty(); });
        if (ending_) return;
        Task* const task = tasks_.front();
        tasks_.pop_front();
        lock.unlock();
        std::exception_ptr error;
        try {
            (*task->body)();
        } catch (const std::exception&) {
            error = std::current_exception();
        }
        lock.lock();
        task->error = error;
        task->done = true;
        changed_.notify_all();
    }
}

void MainLoop::call(const std::function<void()>& body) {
    Task task{&body, nullptr, false};
    std::unique_lock lock(mutex_);
    if (ending_) throw Error(EZ_UNAVAILABLE, "the process is ending");
    tasks_.push_back(&task);
    changed_.notify_all();
    // A task that has begun is waited for; one that is still queued at the end is removed.
    changed_.wait(lock, [&] {
        if (task.done) return true;
        return ending_ && std::erase(tasks_, &task) == 1;
    });
    if (!task.done) throw Error(EZ_UNAVAILABLE, "the process is ending");
    if (task.error) std::rethrow_exception(task.error);
}

bool MainLoop::wait_for_end(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return ending_.load(); });
}

}  // namespace ezapi::host::app
