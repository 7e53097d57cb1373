#include "host/jobs/lease_keeper.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/error.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::jobs {
namespace {

constexpr Milliseconds kRetry{500};
constexpr Milliseconds kIdle{60000};

}  // namespace

LeaseKeeper::LeaseKeeper(Leases& leases, Clock clock) : leases_(leases), clock_(std::move(clock)) {}

LeaseKeeper::~LeaseKeeper() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void LeaseKeeper::start() {
    thread_ = std::thread([this] { run(); });
}

/// Nine tenths of the lease: the rest covers network delay and a pause between reading the clock
/// and acting on it.
Milliseconds LeaseKeeper::trust() const {
    return leases_.life() * 9 / 10;
}

std::shared_ptr<HeldLease> LeaseKeeper::hold(std::string job, int64_t fence, TimePoint asked) {
    auto lease = std::make_shared<HeldLease>(std::move(job), fence, asked + trust());
    lease->renew_at_ = asked + leases_.life() / 3;
    {
        const std::scoped_lock lock(mutex_);
        held_.push_back(lease);
    }
    changed_.notify_all();
    return lease;
}

void LeaseKeeper::drop(const std::shared_ptr<HeldLease>& lease) {
    const std::scoped_lock lock(mutex_);
    std::erase(held_, lease);
}

TimePoint LeaseKeeper::renew_due() {
    std::vector<std::shared_ptr<HeldLease>> due;
    const TimePoint now = clock_();
    {
        const std::scoped_lock lock(mutex_);
        std::copy_if(held_.begin(), held_.end(), std::back_inserter(due), [&](const auto& lease) {
            return lease->renew_at_ <= now;
        });
    }
    for (const auto& lease : due) renew(*lease);
    const std::scoped_lock lock(mutex_);
    TimePoint next = clock_() + kIdle;
    for (const auto& lease : held_) next = std::min(next, lease->renew_at_);
    return next;
}

void LeaseKeeper::renew(HeldLease& lease) {
    const TimePoint asked = clock_();
    TimePoint next = asked + kRetry;
    ez_error error{};
    const ez_status status = guard(&error, [&] {
        if (leases_.renew(lease.job_, lease.fence_)) {
            lease.trusted_until_ = asked + trust();
            lease.complained_ = false;
            next = asked + leases_.life() / 3;
        } else {
            lease.trusted_until_ = TimePoint{};
            next = TimePoint::max();
            telemetry::log(
                EZ_LOG_WARN, "jobs", "job " + lease.job_ + ": its lease went to another process");
        }
    });
    if (status != EZ_OK && !std::exchange(lease.complained_, true)) {
        telemetry::log(EZ_LOG_WARN,
                       "jobs",
                       "job " + lease.job_ + ": its lease could not be renewed: " + error.message);
    }
    const std::scoped_lock lock(mutex_);
    lease.renew_at_ = next;
}

void LeaseKeeper::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        TimePoint next = clock_() + kRetry;
        (void)guard(nullptr, [&] { next = renew_due(); });
        lock.lock();
        const auto sooner = [&] {
            return stopping_ || std::any_of(held_.begin(), held_.end(), [&](const auto& lease) {
                       return lease->renew_at_ < next;
                   });
        };
        changed_.wait_until(lock, next, sooner);
    }
}

}  // namespace ezapi::host::jobs
