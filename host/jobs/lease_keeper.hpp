// Renews the leases of running jobs on its own thread, after a third of their duration. A run stops
// trusting its lease before it can expire in the database: the limit counts from before the renewal
// was sent, and the run itself reads the clock, so a hanging renewal cannot extend it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/jobs/leases.hpp"

namespace ezapi::host::jobs {

class HeldLease {
public:
    HeldLease(std::string job, int64_t fence, TimePoint trusted_until)
        : job_(std::move(job)), fence_(fence), trusted_until_(trusted_until) {}

    [[nodiscard]] int64_t fence() const { return fence_; }

    [[nodiscard]] bool trusted(TimePoint now) const { return now < trusted_until_.load(); }

private:
    friend class LeaseKeeper;

    std::string job_;
    int64_t fence_;
    std::atomic<TimePoint> trusted_until_;  // the epoch: lost
    TimePoint renew_at_;                    // guarded by the keeper
    bool complained_ = false;               // used by the renewing thread only
};

class LeaseKeeper {
public:
    LeaseKeeper(Leases& leases, Clock clock);
    ~LeaseKeeper();
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

    /// Starts the thread; without it (tests) renewals come from renew_due().
    void start();

    /// Renews a lease that was acquired by a request sent at `asked`.
    [[nodiscard]] std::shared_ptr<HeldLease> hold(std::string job, int64_t fence, TimePoint asked);
    void drop(const std::shared_ptr<HeldLease>& lease);

    /// Renews the leases that are due; returns when the next one is due.
    TimePoint renew_due();

private:
    [[nodiscard]] Milliseconds trust() const;
    void renew(HeldLease& lease);
    void run();

    Leases& leases_;
    Clock clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::shared_ptr<HeldLease>> held_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace ezapi::host::jobs
