// The right to run a job of scope `cluster`: held by one process at a time, for a limited time,
// with a number that increases with each change of owner. A paused process may outlive its lease; a
// write that must not happen twice compares the number (fencing token).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/jobs/clock.hpp"

namespace ezapi::host::jobs {

class Leases {
public:
    virtual ~Leases() = default;

    /// The fence, or nothing when another process holds it or the job ended, wherever, less than
    /// `rest` ago. Throws when the database does not answer.
    [[nodiscard]] virtual std::optional<int64_t> acquire(const std::string& job,
                                                         Milliseconds rest) = 0;

    /// Renews it; false: it was lost. Throws when the database does not answer.
    [[nodiscard]] virtual bool renew(const std::string& job, int64_t fence) = 0;

    /// Releases it and records the result of the run; an empty error is success. Throws as above:
    /// the lease then expires.
    virtual void release(const std::string& job, int64_t fence, const std::string& error) = 0;

    /// How long a lease is valid without renewal.
    [[nodiscard]] virtual Milliseconds life() const = 0;
};

}  // namespace ezapi::host::jobs
