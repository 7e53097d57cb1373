// Work that runs on behind its caller, a few pieces at once: while Redis carries out one, the next
// is being put into words. The first failure is thrown to whoever adds the next piece, or to
// finish().
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <utility>

namespace ezapi::sync {

class WriteBehind {
public:
    explicit WriteBehind(size_t at_once) : at_once_(at_once) {}

    /// Waits while as many are under way as may be.
    void add(std::function<void()> work) {
        if (running_.size() == at_once_) wait_for_first();
        running_.push_back(std::async(std::launch::async, std::move(work)));
    }

    void finish() {
        while (!running_.empty()) wait_for_first();
    }

private:
    void wait_for_first() {
        std::future<void> first = std::move(running_.front());
        running_.pop_front();
        first.get();
    }

    size_t at_once_;
    std::deque<std::future<void>> running_;  // each is waited for at the end
};

}  // namespace ezapi::sync
