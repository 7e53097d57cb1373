// The bodies that wait to be written. The capacity is counted in records, and a body is accepted as
// a whole or not at all. Records that the writer has taken count until it releases them, so that
// memory is bounded as well.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "ingest/delivery.hpp"

namespace ezapi::logs {

class IngestQueue {
public:
    struct Rules {
        size_t capacity = 10000;
        size_t start_at = 1;                  // this many waiting records are written at once
        std::chrono::milliseconds linger{0};  // longest wait for start_at records
    };

    explicit IngestQueue(Rules rules) : rules_(rules) {}

    /// False when there is no room for the whole body; the caller keeps it then.
    [[nodiscard]] bool push(std::unique_ptr<Delivery>& delivery);

    /// How long a taker waits for further bodies.
    struct Gather {
        size_t bodies = 0;  // stop waiting at this many bodies
        std::chrono::microseconds limit{0};
    };

    /// Blocks until `least` records wait, then until `start_at` records wait or `linger` is over,
    /// then up to `gather`. Returns whole bodies of up to `most` records in total, or a single
    /// larger one; nothing when another taker was faster, or once the queue is closed and drained.
    [[nodiscard]] std::vector<std::unique_ptr<Delivery>> take(size_t most,
                                                              size_t least,
                                                              Gather gather);

    [[nodiscard]] std::vector<std::unique_ptr<Delivery>> take(size_t most, size_t least = 1) {
        return take(most, least, Gather{});
    }

    [[nodiscard]] size_t waiting_bodies() const;

    /// Frees the capacity of records that the writer is done with.
    void release(size_t records);

    /// Accepts nothing any more; waiting bodies are handed out without delay.
    void close();

    [[nodiscard]] size_t depth() const;

    [[nodiscard]] bool closed() const;

    [[nodiscard]] size_t capacity() const { return rules_.capacity; }

private:
    using Clock = std::chrono::steady_clock;

    /// A taker that waits until this much is queued. Waking it for every body would cost more than
    /// the body itself.
    struct Waiter {
        size_t records = 0;
        size_t bodies = 0;
        std::condition_variable woken;
    };

    [[nodiscard]] bool has(const Waiter& waiter) const {
        return closed_ || (waiting_records_ >= waiter.records && waiting_.size() >= waiter.bodies);
    }

    void wait(std::unique_lock<std::mutex>& lock,
              Waiter& waiter,
              Clock::time_point until = Clock::time_point::max());

    const Rules rules_;
    mutable std::mutex mutex_;
    std::vector<Waiter*> waiters_;
    std::deque<std::unique_ptr<Delivery>> waiting_;
    size_t waiting_records_ = 0;
    size_t taken_records_ = 0;
    bool closed_ = false;
};

}  // namespace ezapi::logs
