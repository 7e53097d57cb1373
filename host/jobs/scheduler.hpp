// Runs recurring jobs of plugins and of the host on a few threads of its own. A job never overlaps
// itself; the period counts from the end of a run, with jitter, so that processes started together
// drift apart. A job of scope `cluster` runs under a lease: in one process at a time and, unforced,
// once a period among all of them. A failed or skipped run is reported and counted, and the next
// one follows.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ezapi/abi.h"
#include "host/jobs/clock.hpp"
#include "host/jobs/leases.hpp"
#include "host/modules/registry.hpp"

namespace ezapi::host::telemetry {
class Metrics;
}

namespace ezapi::host::jobs {

class HeldLease;
class LeaseKeeper;

struct JobStatus {
    std::string owner;
    std::string name;
    int32_t scope = EZ_JOB_INSTANCE;
    Milliseconds period{0};
    bool running = false;
    std::chrono::system_clock::time_point last_run_at;  // start; the epoch: never
    Milliseconds last_duration{0};
    std::string last_error;       // empty: the last run succeeded
    Milliseconds next_run_in{0};  // negative or zero: due
};

/// A job of the host itself; one of a plugin is an ez_job.
struct HostJob {
    std::string name;
    int32_t scope = EZ_JOB_INSTANCE;
    Milliseconds period{0};
    bool run_at_start = false;
    std::function<void(const ez_run&)> run;
};

struct Options {
    size_t threads = 4;
    Clock clock = steady_clock();
    /// A number from 0 to 1, for the jitter; empty: the standard library's generator.
    std::function<double()> random;
};

class Scheduler : public modules::Registry {
public:
    /// `leases` may be NULL: jobs of scope cluster then run like those of scope instance. Both must
    /// outlive the scheduler.
    Scheduler(Options options, Leases* leases, telemetry::Metrics* metrics);
    ~Scheduler() override;
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Starts the threads; until then, and in tests, jobs run by run_due().
    void start();

    /// Staged. Throws ezapi::Error: EZ_INVALID for an invalid job, EZ_CONFLICT for a name that the
    /// owner already has; `free_user` is then called, too.
    void every(std::string_view owner, const ez_job& job);
    void every(std::string_view owner, HostJob job);

    /// Requests a run now; during a run, another one after it. Throws EZ_NOT_FOUND. The trigger of
    /// a job that is not live yet takes effect when it becomes live.
    void trigger(std::string_view owner, std::string_view name);

    void activate(std::string_view owner) override;
    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) override;
    void discard(std::string_view owner) override;

    /// Runs the jobs that are due, one after the other on this thread; returns how many ran or were
    /// skipped.
    size_t run_due();

    /// The jobs of `owner` in order of registration; of all when it is empty.
    [[nodiscard]] std::vector<JobStatus> status(std::string_view owner = {}) const;

private:
    struct Job;
    enum class Outcome { kOk, kFailed, kSkipped, kElsewhere };

    struct Result {
        Outcome outcome = Outcome::kOk;
        std::string error;
        Milliseconds duration{0};
    };

    void add(std::shared_ptr<Job> job);
    [[nodiscard]] std::shared_ptr<Job> take_due(TimePoint now);
    [[nodiscard]] TimePoint next_due() const;
    void run(Job& job);
    [[nodiscard]] Result run_leased(Job& job, bool forced);
    [[nodiscard]] Result call(Job& job, const HeldLease* lease);
    void finish(Job& job, Result result, bool forced) noexcept;
    void report(Job& job, const Result& result);
    [[nodiscard]] Milliseconds jittered(Milliseconds period);
    void work();

    Options options_;
    Leases* leases_;
    telemetry::Metrics* metrics_;
    std::unique_ptr<LeaseKeeper> keeper_;

    mutable std::mutex mutex_;
    std::condition_variable due_changed_;
    std::condition_variable run_ended_;
    std::list<std::shared_ptr<Job>> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace ezapi::host::jobs

/// One run of a job: the ABI's handle.
struct ez_run {
    const std::function<bool()>& stopping;
    int64_t fence;
};
