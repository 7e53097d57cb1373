#include "ingest/answers.hpp"

#include <utility>

#include "ezapi/error.hpp"

namespace ezapi::logs {

Answers::~Answers() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Answers::add(Written written) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(written));
    }
    changed_.notify_one();
}

void Answers::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        Written written = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        // A delivery that is not answered here is answered by its destructor.
        (void)guard(nullptr, [&] { tell_(written); });
        written = {};
        lock.lock();
    }
}

}  // namespace ezapi::logs
