// The jobs of a fake host. A job runs when the test calls it.
//
//     host.jobs.run("purge");  // throws the error of the job
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "ezapi/error.hpp"
#include "ezapi/fake/context.hpp"
#include "ezapi/prefix.hpp"

namespace ezapi::fake {

struct Job {
    std::int32_t scope = EZ_JOB_INSTANCE;
    std::uint64_t period_ms = 0;
    bool run_at_start = false;
    ez_job_fn fn = nullptr;
    void* user = nullptr;
    ez_free_fn free_user = nullptr;
    int triggered = 0;  // how often the plugin asked for a run; the test decides
};

class JobTable {
public:
    /// The state that a run sees.
    bool stopping = false;
    std::int64_t fence = 1;

    JobTable() = default;

    ~JobTable() { clear(); }

    JobTable(const JobTable&) = delete;
    JobTable& operator=(const JobTable&) = delete;

    void run(const std::string& name) {
        const Job& job = at(name);
        check([&](ez_error* error) {
            return job.fn(job.user, reinterpret_cast<const ez_run*>(this), error);
        });
    }

    [[nodiscard]] const Job& at(const std::string& name) const {
        const auto found = jobs_.find(name);
        if (found == jobs_.end()) throw Error(EZ_NOT_FOUND, "job " + name + ": not registered");
        return found->second;
    }

    void add(const std::string& name, Job job) {
        if (!jobs_.emplace(name, job).second)
            throw Error(EZ_CONFLICT, "job " + name + ": registered twice");
    }

    void trigger(const std::string& name) {
        const std::lock_guard lock(mutex_);
        if (!jobs_.contains(name)) throw Error(EZ_NOT_FOUND, "job " + name + ": not registered");
        ++jobs_[name].triggered;
    }

    void clear() {
        for (const auto& [name, job] : jobs_) {
            if (job.free_user != nullptr) job.free_user(job.user);
        }
        jobs_.clear();
    }

private:
    std::mutex mutex_;
    std::map<std::string, Job> jobs_;
};

inline const ez_jobs_api kJobs = {
    sizeof(ez_jobs_api),
    // every
    [](ez_context* raw, const ez_job* given, ez_error* error) noexcept {
        ez_job job{};
        const ez_status status = guard(error, [&] {
            job = taken(given, "job");
            context_of(raw).jobs->add(
                std::string(view(job.name)),
                {job.scope, job.period_ms, job.run_at_start != 0, job.fn, job.user, job.free_user});
        });
        if (status != EZ_OK && job.free_user != nullptr) job.free_user(job.user);
        return status;
    },
    // trigger
    [](ez_context* raw, ez_str name, ez_error* error) noexcept {
        return guard(error, [&] { context_of(raw).jobs->trigger(std::string(view(name))); });
    },
    // stopping
    [](const ez_run* raw) noexcept {
        return reinterpret_cast<const JobTable*>(raw)->stopping ? 1 : 0;
    },
    // fence
    [](const ez_run* raw) noexcept { return reinterpret_cast<const JobTable*>(raw)->fence; },
};

}  // namespace ezapi::fake
