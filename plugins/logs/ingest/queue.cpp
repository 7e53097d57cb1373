#include "ingest/queue.hpp"

#include <utility>

namespace ezapi::logs {

bool IngestQueue::push(std::unique_ptr<Delivery>& delivery) {
    const std::lock_guard lock(mutex_);
    const size_t records = delivery->records();
    const size_t used = waiting_records_ + taken_records_;
    if (closed_ || used >= rules_.capacity || records > rules_.capacity - used) return false;
    waiting_records_ += records;
    waiting_.push_back(std::move(delivery));
    for (Waiter* waiter : waiters_) {
        if (has(*waiter)) waiter->woken.notify_one();
    }
    return true;
}

void IngestQueue::wait(std::unique_lock<std::mutex>& lock,
                       Waiter& waiter,
                       Clock::time_point until) {
    if (has(waiter)) return;
    waiters_.push_back(&waiter);
    const auto enough = [this, &waiter] { return has(waiter); };
    if (until == Clock::time_point::max()) {
        waiter.woken.wait(lock, enough);
    } else {
        waiter.woken.wait_until(lock, until, enough);
    }
    std::erase(waiters_, &waiter);
}

std::vector<std::unique_ptr<Delivery>> IngestQueue::take(size_t most, size_t least, Gather gather) {
    std::unique_lock lock(mutex_);
    Waiter waiter;
    waiter.records = least;
    wait(lock, waiter);
    if (!waiting_.empty()) {
        waiter.records = rules_.start_at;
        wait(lock, waiter, waiting_.front()->arrived + rules_.linger);
    }
    waiter.records = 0;
    waiter.bodies = gather.bodies;
    wait(lock, waiter, Clock::now() + gather.limit);
    std::vector<std::unique_ptr<Delivery>> out;
    size_t records = 0;
    // Another taker may have been faster.
    while (!waiting_.empty() && (out.empty() || records + waiting_.front()->records() <= most)) {
        records += waiting_.front()->records();
        out.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    waiting_records_ -= records;
    taken_records_ += records;
    return out;
}

void IngestQueue::release(size_t records) {
    const std::lock_guard lock(mutex_);
    taken_records_ -= records;
}

void IngestQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (Waiter* waiter : waiters_) waiter->woken.notify_one();
}

size_t IngestQueue::waiting_bodies() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

size_t IngestQueue::depth() const {
    const std::lock_guard lock(mutex_);
    return waiting_records_ + taken_records_;
}

bool IngestQueue::closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

}  // namespace ezapi::logs
