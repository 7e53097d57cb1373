// Registrations of plugins: staged under their name, live once activated, retired at their stop. A
// user of an entry takes a lease on it; retire waits until the leases of the owner have ended.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/abi.h"

namespace ezapi::host::modules {

template <class Item>
class Roster {
    enum class State { staged, live, retired };

    struct Entry {
        std::string owner;
        Item item;
        void* user;
        ez_free_fn free_user;
        State state = State::staged;
        int leases = 0;

        Entry(std::string_view name, Item what, void* whose, ez_free_fn how)
            : owner(name), item(std::move(what)), user(whose), free_user(how) {}

        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;

        ~Entry() {
            if (free_user != nullptr) free_user(user);
        }
    };

    using Entries = std::vector<std::shared_ptr<Entry>>;

public:
    /// Keeps its entries from being freed.
    class Lease {
    public:
        Lease(Roster& roster, Entries entries) : roster_(roster), entries_(std::move(entries)) {}

        ~Lease() {
            const std::lock_guard lock(roster_.mutex_);
            for (const std::shared_ptr<Entry>& each : entries_) --each->leases;
            roster_.idle_.notify_all();
        }

        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;

        [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

        template <class Use>
        void for_each(Use&& use) const {
            for (const std::shared_ptr<Entry>& each : entries_) use(std::as_const(each->item));
        }

    private:
        Roster& roster_;
        Entries entries_;
    };

    void add(std::string_view owner, Item item, void* user, ez_free_fn free_user) {
        auto entry = std::make_shared<Entry>(owner, std::move(item), user, free_user);
        const std::lock_guard lock(mutex_);
        entries_.push_back(std::move(entry));
    }

    /// True when another owner has an entry for which `is` holds, or `owner` has a staged one.
    template <class Predicate>
    [[nodiscard]] bool taken(std::string_view owner, Predicate&& is) const {
        const std::lock_guard lock(mutex_);
        return std::any_of(
            entries_.begin(), entries_.end(), [&](const std::shared_ptr<Entry>& each) {
                return (each->owner != owner || each->state == State::staged) && is(each->item);
            });
    }

    /// The live entries for which `is` holds, in the order in which their owners were activated.
    template <class Predicate>
    [[nodiscard]] Lease lease(Predicate&& is) {
        Entries found;
        const std::lock_guard lock(mutex_);
        for (const std::shared_ptr<Entry>& each : entries_) {
            if (each->state != State::live || !is(std::as_const(each->item))) continue;
            found.push_back(each);
        }
        for (const std::shared_ptr<Entry>& each : found) ++each->leases;
        return Lease(*this, std::move(found));
    }

    void activate(std::string_view owner) {
        const std::lock_guard lock(mutex_);
        const auto staged =
            std::stable_partition(entries_.begin(), entries_.end(), [&](const auto& each) {
                return each->owner != owner || each->state != State::staged;
            });
        std::for_each(staged, entries_.end(), [](const auto& each) { each->state = State::live; });
    }

    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        for (const std::shared_ptr<Entry>& each : entries_) {
            if (each->owner == owner && each->state == State::live) each->state = State::retired;
        }
        return idle_.wait_until(lock, deadline, [&] {
            return std::none_of(entries_.begin(), entries_.end(), [&](const auto& each) {
                return each->owner == owner && each->leases > 0;
            });
        });
    }

    void discard(std::string_view owner) {
        Entries gone;  // destroyed, and their users freed, outside the lock
        const std::lock_guard lock(mutex_);
        const auto first =
            std::stable_partition(entries_.begin(), entries_.end(), [&](const auto& each) {
                return each->owner != owner || each->state == State::live;
            });
        std::move(first, entries_.end(), std::back_inserter(gone));
        entries_.erase(first, entries_.end());
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable idle_;
    Entries entries_;
};

}  // namespace ezapi::host::modules
