// Worker threads for handlers that may block, with a bounded queue: work that cannot start soon is
// refused at once, because the client may be gone when it is done.
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
    /// The same for work that has been admitted and must continue, whatever the queue's length.
    /// False: the executor stopped.
    [[nodiscard]] bool post_admitted(Task task);
    /// Whether the calling thread is a worker.
    [[nodiscard]] static bool on_worker() noexcept;
    [[nodiscard]] size_t queued() const;
    /// Runs what is queued, then joins the threads.
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
