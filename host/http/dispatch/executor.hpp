// Threads for handlers that may block, with a queue of limited length in front: work that cannot
// start soon is better refused at once than answered after the client has left.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ezapi::host::http {

class Executor {
public:
    using Task = std::function<void()>;  // must not throw

    Executor(size_t threads, size_t queue_limit);
    ~Executor();
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// False: the queue is full or the executor stopped. Any thread, never blocks.
    [[nodiscard]] bool post(Task task);
    /// The same for what was admitted before and must go on, whatever the queue's length. False:
    /// the executor stopped.
    [[nodiscard]] bool post_admitted(Task task);
    /// Whether the calling thread is one of an executor's.
    [[nodiscard]] static bool on_worker() noexcept;
    [[nodiscard]] size_t queued() const;
    /// Runs what is queued, then ends the threads.
    void stop();

private:
    void run();
    [[nodiscard]] bool push(Task task, bool limited);

    const size_t queue_limit_;
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::deque<Task> queue_;
    size_t idle_;  // threads that run no task
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace ezapi::host::http
