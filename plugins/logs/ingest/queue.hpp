// The bodies that wait to be written. Bounded in records, all or nothing for each body; what the
// writer has taken counts until it is done with it, so that the bound is one of memory too.
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
        size_t start_at = 1;                  // waiting records that are written at once
        std::chrono::milliseconds linger{0};  // longest wait for so many
    };

    explicit IngestQueue(Rules rules) : rules_(rules) {}

    /// False when there is no room for all of it; it stays the caller's then.
    [[nodiscard]] bool push(std::unique_ptr<Delivery>& delivery);

    /// How long a taker holds on for bodies that are about to come.
    struct Gather {
        size_t bodies = 0;  // that are enough
        std::chrono::microseconds limit{0};
    };

    /// Waits for something to write, `least` records or more; whole bodies of up to `most` records
    /// together, or one larger. Empty once it is closed and drained.
    [[nodiscard]] std::vector<std::unique_ptr<Delivery>> take(size_t most,
                                                              size_t least,
                                                              Gather gather);

    [[nodiscard]] std::vector<std::unique_ptr<Delivery>> take(size_t most, size_t least = 1) {
        return take(most, least, Gather{});
    }

    [[nodiscard]] size_t waiting_bodies() const;

    /// The writer is done with so many records.
    void release(size_t records);

    /// Nothing is accepted any more; what waits is handed out without delay.
    void close();

    [[nodiscard]] size_t depth() const;

    [[nodiscard]] bool closed() const;

    [[nodiscard]] size_t capacity() const { return rules_.capacity; }

private:
    using Clock = std::chrono::steady_clock;

    /// A taker that holds on until so much waits. To wake it for every body would cost more than
    /// the body.
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
