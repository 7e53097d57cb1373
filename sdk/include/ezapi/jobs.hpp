// Work that recurs. A job never overlaps itself; what it throws is logged, counted and shown to the
// operator, and the next run comes all the same.
//
//     host.every("purge", 1h, Scope::cluster, [this](const Run& run) { purge(run); });
#pragma once

#include <cstdint>

#include "ezapi/abi.h"

namespace ezapi {

/// instance: in every process. cluster: in one process at a time, by a lease in PostgreSQL.
enum class Scope { instance = EZ_JOB_INSTANCE, cluster = EZ_JOB_CLUSTER };

/// One run of a job, valid during it.
class Run {
public:
    Run(const ez_host* host, const ez_run* run) : host_(host), run_(run) {}

    /// End soon: the process stops or the lease is lost. Ask between slices of work.
    [[nodiscard]] bool stopping() const { return host_->jobs->stopping(run_) != 0; }

    /// Raised at each change of the process that holds the lease; write it beside what must not go
    /// backwards.
    [[nodiscard]] std::int64_t fence() const { return host_->jobs->fence(run_); }

private:
    const ez_host* host_;
    const ez_run* run_;
};

}  // namespace ezapi
