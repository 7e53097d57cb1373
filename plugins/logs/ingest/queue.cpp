#include "ingest/queue.hpp"

#include <utility>

namespace ezapi::logs {

bool IngestQueue::push(std::unique_ptr<Delivery>& delivery) {
    {
        const std::lock_guard lock(mutex_);
        const size_t records = delivery->records();
        const size_t used = waiting_records_ + taken_records_;
        if (closed_ || used >= rules_.capacity || records > rules_.capacity - used) return false;
        waiting_records_ += records;
        waiting_.push_back(std::move(delivery));
    }
    changed_.notify_all();
    return true;
}

std::vector<std::unique_ptr<Delivery>> IngestQueue::take(size_t most, size_t least, Gather gather) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, least] { return closed_ || waiting_records_ >= least; });
    if (!waiting_.empty() && !ripe()) {
        changed_.wait_until(
            lock, waiting_.front()->arrived + rules_.linger, [this] { return ripe(); });
    }
    if (waiting_.size() < gather.bodies) {
        changed_.wait_for(lock, gather.limit, [this, &gather] {
            return closed_ || waiting_.size() >= gather.bodies;
        });
    }
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
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
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
