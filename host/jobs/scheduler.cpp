#include "host/jobs/scheduler.hpp"

#include <algorithm>
#include <atomic>
#include <random>
#include <utility>

#include "ezapi/error.hpp"
#include "ezapi/str.hpp"
#include "host/jobs/lease_keeper.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"

namespace ezapi::host::jobs {
namespace {

// A triggered run that finds the lease taken retries soon: the other process may have started
// before the reason for the trigger.
constexpr Milliseconds kBusyRetry{1000};
// Longest pause after the database was unreachable, also for jobs with long periods.
constexpr Milliseconds kAwayRetry{10000};
constexpr Milliseconds kIdle{60000};
constexpr double kJitter = 0.1;

double standard_random() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(generator);
}

std::string full_name(std::string_view owner, std::string_view name) {
    return std::string(owner) + "/" + std::string(name);
}

/// With the details of a database error, which its message leaves out.
std::string failure_text(const ez_error& error) {
    std::string out = error.message[0] == '\0' ? "failed without a message" : error.message;
    if (error.sqlstate[0] == '\0') return out;
    out.append(" (").append(error.sqlstate);
    if (error.field[0] != '\0') out.append(" ").append(error.field);
    return out.append(")");
}

}  // namespace

struct Scheduler::Job {
    enum class State { kStaged, kLive, kRetired };

    std::string owner;
    HostJob spec;
    ez_free_fn free_user = nullptr;
    void* user = nullptr;

    State state = State::kStaged;
    bool running = false;
    bool forced = false;  // the next run was asked for: by trigger or by run_at_start
    TimePoint due;
    std::atomic<bool> stop{false};
    std::chrono::system_clock::time_point last_run_at;
    Milliseconds last_duration{0};
    std::string last_error;
    std::string last_reported;  // so that a lasting failure is one line, not one a run

    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    ~Job() { free(); }

    /// A thread that has ended a run may hold the job slightly longer, so freeing must not depend
    /// on it.
    void free() {
        if (const auto fn = std::exchange(free_user, nullptr); fn != nullptr) fn(user);
    }

    [[nodiscard]] std::string label() const { return full_name(owner, spec.name); }
};

Scheduler::Scheduler(Options options, Leases* leases, telemetry::Metrics* metrics)
    : options_(std::move(options)), leases_(leases), metrics_(metrics) {
    if (!options_.random) options_.random = standard_random;
    if (leases_ != nullptr) keeper_ = std::make_unique<LeaseKeeper>(*leases_, options_.clock);
}

Scheduler::~Scheduler() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        for (const auto& job : jobs_) job->stop = true;
    }
    due_changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Scheduler::start() {
    if (keeper_) keeper_->start();
    for (size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
}

void Scheduler::every(std::string_view owner, const ez_job& job) {
    auto made = std::make_shared<Job>();
    made->owner = owner;
    made->free_user = job.free_user;
    made->user = job.user;
    made->spec.name = view(job.name);
    made->spec.scope = job.scope;
    made->spec.run_at_start = job.run_at_start != 0;
    if (job.fn == nullptr)
        throw Error(EZ_INVALID, "job '" + made->spec.name + "': has no function");
    constexpr uint64_t kLongest = uint64_t{366} * 24 * 3600 * 1000;
    if (job.period_ms > kLongest) {
        throw Error(EZ_INVALID,
                    "job '" + made->spec.name + "': a period of " + std::to_string(job.period_ms) +
                        " ms is longer than a year");
    }
    made->spec.period = Milliseconds(static_cast<int64_t>(job.period_ms));
    made->spec.run = [fn = job.fn, user = job.user](const ez_run& run) {
        check([&](ez_error* error) { return fn(user, &run, error); });
    };
    add(std::move(made));
}

void Scheduler::every(std::string_view owner, HostJob job) {
    auto made = std::make_shared<Job>();
    made->owner = owner;
    made->spec = std::move(job);
    add(std::move(made));
}

void Scheduler::add(std::shared_ptr<Job> job) {
    const HostJob& spec = job->spec;
    if (spec.name.empty()) throw Error(EZ_INVALID, "a job without a name");
    if (spec.period <= Milliseconds::zero()) {
        throw Error(EZ_INVALID, "job '" + spec.name + "': a period is at least 1 ms");
    }
    if (spec.scope != EZ_JOB_INSTANCE && spec.scope != EZ_JOB_CLUSTER) {
        throw Error(EZ_INVALID,
                    "job '" + spec.name + "': scope " + std::to_string(spec.scope) +
                        " is neither 0 (instance) nor 1 (cluster)");
    }
    const std::scoped_lock lock(mutex_);
    for (const auto& other : jobs_) {
        if (other->owner == job->owner && other->spec.name == spec.name) {
            throw Error(EZ_CONFLICT, "job '" + spec.name + "': is registered already");
        }
    }
    jobs_.push_back(std::move(job));
}

void Scheduler::trigger(std::string_view owner, std::string_view name) {
    {
        const std::scoped_lock lock(mutex_);
        const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& job) {
            return job->owner == owner && job->spec.name == name;
        });
        if (found == jobs_.end()) {
            throw Error(EZ_NOT_FOUND,
                        "job '" + std::string(name) + "': " + std::string(owner) +
                            " has registered none of this name");
        }
        (*found)->forced = true;
        (*found)->due = options_.clock();
    }
    due_changed_.notify_one();
}

void Scheduler::activate(std::string_view owner) {
    {
        const std::scoped_lock lock(mutex_);
        const TimePoint now = options_.clock();
        for (const auto& job : jobs_) {
            if (job->owner != owner || job->state != Job::State::kStaged) continue;
            job->state = Job::State::kLive;
            if (job->spec.run_at_start) job->forced = true;
            job->due = job->forced ? now : now + jittered(job->spec.period);
        }
    }
    due_changed_.notify_all();
}

bool Scheduler::retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    for (const auto& job : jobs_) {
        if (job->owner != owner) continue;
        job->state = Job::State::kRetired;
        job->stop = true;
    }
    return run_ended_.wait_until(lock, deadline, [&] {
        return std::none_of(jobs_.begin(), jobs_.end(), [&](const auto& job) {
            return job->owner == owner && job->running;
        });
    });
}

void Scheduler::discard(std::string_view owner) {
    std::list<std::shared_ptr<Job>> gone;
    {
        const std::scoped_lock lock(mutex_);
        for (auto job = jobs_.begin(); job != jobs_.end();) {
            const auto next = std::next(job);
            if ((*job)->owner == owner) gone.splice(gone.end(), jobs_, job);
            job = next;
        }
    }
    for (const auto& job : gone) job->free();  // outside the lock: it is the plugin's code
}

std::shared_ptr<Scheduler::Job> Scheduler::take_due(TimePoint now) {
    const auto is_due = [&](const auto& job) {
        return job->state == Job::State::kLive && !job->running && job->due <= now;
    };
    std::shared_ptr<Job> first;
    for (const auto& job : jobs_) {
        if (is_due(job) && (!first || job->due < first->due)) first = job;
    }
    if (first) first->running = true;
    return first;
}

TimePoint Scheduler::next_due() const {
    TimePoint next = options_.clock() + kIdle;
    for (const auto& job : jobs_) {
        if (job->state == Job::State::kLive && !job->running) next = std::min(next, job->due);
    }
    return next;
}

size_t Scheduler::run_due() {
    size_t count = 0;
    const TimePoint now = options_.clock();
    while (true) {
        std::shared_ptr<Job> job;
        {
            const std::scoped_lock lock(mutex_);
            job = take_due(now);
        }
        if (!job) return count;
        run(*job);
        ++count;
    }
}

void Scheduler::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (const auto job = take_due(options_.clock())) {
            lock.unlock();
            run(*job);
            lock.lock();
        } else {
            due_changed_.wait_until(lock, next_due());
        }
    }
}

void Scheduler::run(Job& job) {
    bool forced = false;
    {
        const std::scoped_lock lock(mutex_);
        forced = std::exchange(job.forced, false);
    }
    const bool leased = leases_ != nullptr && job.spec.scope == EZ_JOB_CLUSTER;
    // Whatever is thrown, std::bad_alloc included, the job runs again when it is due.
    Result result{Outcome::kFailed, {}, {}};
    (void)guard(nullptr, [&] {
        result = leased ? run_leased(job, forced) : call(job, nullptr);
        report(job, result);
    });
    finish(job, std::move(result), forced);
}

Scheduler::Result Scheduler::run_leased(Job& job, bool forced) {
    const std::string name = job.label();
    const TimePoint asked = options_.clock();
    // Less than the period, because this process' next run may come early by the jitter.
    const Milliseconds rest = forced ? Milliseconds(0) : job.spec.period * 8 / 10;
    std::optional<int64_t> fence;
    ez_error error{};
    if (guard(&error, [&] { fence = leases_->acquire(name, rest); }) != EZ_OK) {
        return {Outcome::kSkipped, error.message, {}};
    }
    if (!fence) return {Outcome::kElsewhere, {}, {}};
    const auto lease = keeper_->hold(name, *fence, asked);
    Result result = call(job, lease.get());
    keeper_->drop(lease);
    if (guard(&error, [&] { leases_->release(name, *fence, result.error); }) != EZ_OK) {
        telemetry::log(EZ_LOG_WARN,
                       "jobs",
                       "job " + name + ": its lease could not be given back and ends by itself: " +
                           error.message);
    }
    return result;
}

Scheduler::Result Scheduler::call(Job& job, const HeldLease* lease) {
    const auto began = std::chrono::steady_clock::now();
    {
        const std::scoped_lock lock(mutex_);
        job.last_run_at = std::chrono::system_clock::now();
    }
    const std::function<bool()> stopping = [&] {
        return job.stop.load() || (lease != nullptr && !lease->trusted(options_.clock()));
    };
    const ez_run run{stopping, lease == nullptr ? 0 : lease->fence()};
    ez_error error{};
    const ez_status status = guard(&error, [&] { job.spec.run(run); });
    const auto duration =
        std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
    if (status == EZ_OK) return {Outcome::kOk, {}, duration};
    Result failed{Outcome::kFailed, {}, duration};
    // A lease is held here: must not throw.
    (void)guard(nullptr, [&] { failed.error = failure_text(error); });
    return failed;
}

void Scheduler::report(Job& job, const Result& result) {
    if (result.outcome == Outcome::kElsewhere) return;
    const std::string name = job.label();
    if (metrics_ != nullptr) {
        const char* word = result.outcome == Outcome::kOk       ? "ok"
                           : result.outcome == Outcome::kFailed ? "failed"
                                                                : "skipped";
        metrics_
            ->counter("ezapi_job_runs_total",
                      "Runs of jobs by result.",
                      {{"job", name}, {"result", word}})
            .record(1);
        if (result.outcome != Outcome::kSkipped) {
            metrics_
                ->histogram(
                    "ezapi_job_duration_seconds", "Duration of runs of jobs.", {{"job", name}})
                .record(std::chrono::duration<double>(result.duration).count());
        }
    }
    if (result.error == job.last_reported) return;
    job.last_reported = result.error;
    if (result.outcome == Outcome::kOk) {
        telemetry::log(EZ_LOG_INFO, "jobs", "job " + name + ": succeeds again");
    } else if (result.outcome == Outcome::kFailed) {
        telemetry::log(EZ_LOG_ERROR, "jobs", "job " + name + ": failed: " + result.error);
    } else {
        telemetry::log(EZ_LOG_WARN, "jobs", "job " + name + ": skipped: " + result.error);
    }
}

void Scheduler::finish(Job& job, Result result, bool forced) noexcept {
    {
        const std::scoped_lock lock(mutex_);
        const TimePoint now = options_.clock();
        const bool skipped = result.outcome == Outcome::kSkipped;
        const bool busy = forced && result.outcome == Outcome::kElsewhere;
        if (skipped || busy) job.forced = job.forced || forced;
        Milliseconds pause = job.spec.period;
        if (skipped) pause = std::min(pause, kAwayRetry);
        if (busy) pause = std::min(pause, kBusyRetry);
        if (result.outcome != Outcome::kElsewhere) job.last_error = std::move(result.error);
        if (!skipped && !busy) job.last_duration = result.duration;
        const bool again = job.forced && !skipped && !busy;
        job.due = again ? now : now + jittered(pause);
        job.running = false;
    }
    run_ended_.notify_all();
    due_changed_.notify_one();
}

Milliseconds Scheduler::jittered(Milliseconds period) {
    const double factor = 1 - kJitter + 2 * kJitter * options_.random();
    const auto length = std::chrono::duration<double, std::milli>(period) * factor;
    return std::max(Milliseconds(1), std::chrono::duration_cast<Milliseconds>(length));
}

std::vector<JobStatus> Scheduler::status(std::string_view owner) const {
    std::vector<JobStatus> out;
    const std::scoped_lock lock(mutex_);
    const TimePoint now = options_.clock();
    for (const auto& job : jobs_) {
        if (!owner.empty() && job->owner != owner) continue;
        out.push_back({job->owner,
                       job->spec.name,
                       job->spec.scope,
                       job->spec.period,
                       job->running,
                       job->last_run_at,
                       job->last_duration,
                       job->last_error,
                       std::chrono::duration_cast<Milliseconds>(job->due - now)});
    }
    return out;
}

}  // namespace ezapi::host::jobs
