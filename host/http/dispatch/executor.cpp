#include "host/http/dispatch/executor.hpp"

#include <utility>

namespace ezapi::host::http {

namespace {

thread_local bool is_worker = false;

}  // namespace

Executor::Executor(size_t threads, size_t queue_limit) : queue_limit_(queue_limit), idle_(threads) {
    threads_.reserve(threads);
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Executor::~Executor() {
    stop();
}

bool Executor::post(Task task) {
    return push(std::move(task), true);
}

bool Executor::post_admitted(Task task) {
    return push(std::move(task), false);
}

bool Executor::on_worker() noexcept {
    return is_worker;
}

bool Executor::push(Task task, bool limited) {
    {
        const std::lock_guard lock(mutex_);
        // Tasks that idle threads are about to take do not count. A thread that has not started yet
        // is idle, too.
        if (stopping_ || (limited && queue_.size() >= queue_limit_ + idle_)) return false;
        queue_.push_back(std::move(task));
    }
    work_.notify_one();
    return true;
}

size_t Executor::queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void Executor::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_all();
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void Executor::run() {
    is_worker = true;
    std::unique_lock lock(mutex_);
    while (true) {
        work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        --idle_;
        if (queue_.empty()) return;
        Task task = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
        ++idle_;
    }
}

}  // namespace ezapi::host::http
