// Recurring jobs. Runs of one job never overlap. An exception is logged, counted and shown to the
// operator; the next run takes place as usual.
//
//     host.every("purge", 1h, Scope::cluster, [this](const Run& run) { purge(run); });
#pragma once

#include <cstdint>

#include "ezapi/abi.h"

namespace ezapi {

/// instance: runs in every process. cluster: runs in one process at a time, the one that holds a
/// lease in PostgreSQL.
enum class Scope { instance = EZ_JOB_INSTANCE, cluster = EZ_JOB_CLUSTER };

/// One run of a job; valid during the call.
class Run {
public:
    Run(const ez_host* host, const ez_run* run) : host_(host), run_(run) {}

    /// Whether the run should end soon, because the process stops or the lease is lost. Check it
    /// between units of work.
    [[nodiscard]] bool stopping() const { return host_->jobs->stopping(run_) != 0; }

    /// The lease's fencing number, increased whenever another process takes the lease; 0 for
    /// Scope::instance. Store it beside data that the holder of an expired lease must not
    /// overwrite.
    [[nodiscard]] std::int64_t fence() const { return host_->jobs->fence(run_); }

private:
    const ez_host* host_;
    const ez_run* run_;
};

}  // namespace ezapi
