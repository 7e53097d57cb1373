#include "delivery/dispatcher.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/error.hpp"

namespace ezapi::sync {

Dispatcher::Dispatcher(Push push,
                       std::function<bool()> admits,
                       Limits limits,
                       std::function<void(std::chrono::duration<double>)> visible)
    : push_(std::move(push)),
      admits_(std::move(admits)),
      limits_(limits),
      visible_(std::move(visible)),
      thread_([this] { run(); }) {}

Dispatcher::~Dispatcher() {
    close();
}

bool Dispatcher::deliver(Entities entities, std::chrono::milliseconds limit) {
    if (entities.empty()) return true;
    const auto ticket = std::make_shared<Ticket>();
    ticket->left = entities.size();
    ticket->entities = std::move(entities);
    std::unique_lock lock(mutex_);
    if (closed_ || waiting_ + ticket->left > limits_.waiting || !admits_()) return false;
    waiting_ += ticket->left;
    queue_.push_back(ticket);
    work_.notify_one();
    done_.wait_for(lock, limit, [&] { return ticket->left == 0 || ticket->dropped || closed_; });
    return ticket->left == 0;
}

void Dispatcher::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        work_.notify_all();
        done_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

/// A slice of each ticket in turn. Called with the lock held.
Entities Dispatcher::next_round(std::vector<Share>& shares) {
    Entities round;
    const size_t tickets = queue_.size();
    for (size_t i = 0; i < tickets && round.size() < limits_.round; ++i) {
        const std::shared_ptr<Ticket> ticket = std::move(queue_.front());
        queue_.pop_front();
        const size_t share =
            std::min(limits_.round - round.size(), ticket->entities.size() - ticket->taken);
        const auto first = ticket->entities.begin() + static_cast<std::ptrdiff_t>(ticket->taken);
        round.insert(round.end(), first, first + static_cast<std::ptrdiff_t>(share));
        ticket->taken += share;
        waiting_ -= share;
        shares.push_back({ticket, share});
        if (ticket->taken < ticket->entities.size()) queue_.push_back(ticket);
    }
    std::sort(round.begin(), round.end());
    round.erase(std::unique(round.begin(), round.end()), round.end());
    return round;
}

void Dispatcher::settle(const std::vector<Share>& shares) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    for (const Share& share : shares) {
        share.ticket->left -= share.entities;
        if (share.ticket->left == 0 && visible_) visible_(now - share.ticket->since);
    }
    done_.notify_all();
}

void Dispatcher::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        work_.wait(lock, [&] { return closed_ || !queue_.empty(); });
        if (closed_) return;
        std::vector<Share> shares;
        bool told = false;
        (void)guard(nullptr, [&] {
            const Entities round = next_round(shares);
            lock.unlock();
            push_(round, [&] {
                settle(shares);
                told = true;
            });
        });
        if (!lock.owns_lock()) lock.lock();
        if (told) continue;
        // Redis or the database is away: nobody need wait for the rest either.
        for (const Share& share : shares) share.ticket->dropped = true;
        for (const std::shared_ptr<Ticket>& ticket : queue_) ticket->dropped = true;
        queue_.clear();
        waiting_ = 0;
        done_.notify_all();
    }
}

}  // namespace ezapi::sync
