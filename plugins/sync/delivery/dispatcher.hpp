// Group push: what several transactions have committed meanwhile goes to Redis in one round. One
// thread of its own drains the queue; whoever has committed waits for its entities, not for the
// round, and for a bounded time.
//
// The thread, rather than the first of the waiting ones, does the work for three reasons: a request
// can leave when its time is up while the round goes on, a change of many thousand entities goes
// out in slices between which the small ones pass, and the plugin can stop while the end of a
// transaction is still being told.
//
// Nothing here has to survive: what is dropped on the way is pending in the database.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "ledger/entity.hpp"

namespace ezapi::sync {

class Dispatcher {
public:
    /// Pushes sorted, distinct entities and calls `pushed` as soon as they are in Redis. Whether it
    /// returns or not, it must not throw.
    using Push = std::function<void(const Entities&, const std::function<void()>& pushed)>;

    struct Limits {
        size_t round = 500;       // entities
        size_t waiting = 100000;  // entities; more are left to the outbox
    };

    /// `admits` says whether a push is worth trying now.
    /// `visible` is told how long each delivery took, from deliver() until it was in Redis.
    Dispatcher(Push push,
               std::function<bool()> admits,
               Limits limits,
               std::function<void(std::chrono::duration<double>)> visible = {});
    ~Dispatcher();
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    /// Queues entities and waits up to `limit` until they are pushed; true: they are. Any thread.
    /// Once closed, it touches nothing of its creator's any more.
    bool deliver(Entities entities, std::chrono::milliseconds limit);

    /// Ends the thread after its round and lets everybody go; deliver() is false from then on.
    void close();

private:
    struct Ticket {
        Entities entities;
        size_t taken = 0;  // of the entities, by rounds
        size_t left = 0;   // not yet pushed
        bool dropped = false;
        std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    };

    struct Share {
        std::shared_ptr<Ticket> ticket;
        size_t entities;
    };

    void run();
    [[nodiscard]] Entities next_round(std::vector<Share>& shares);

    void settle(const std::vector<Share>& shares);

    Push push_;
    std::function<bool()> admits_;
    Limits limits_;
    std::function<void(std::chrono::duration<double>)> visible_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable done_;
    std::deque<std::shared_ptr<Ticket>> queue_;
    size_t waiting_ = 0;
    bool closed_ = false;
    std::thread thread_;  // last: it uses the others
};

}  // namespace ezapi::sync
