// The right to run a job of scope `cluster`: held by one process at a time, for a limited time,
// under a number that rises at each change of owner. A lease is for efficiency; what must be safe
// against a holder that was paused compares the number (fence) where it writes.
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

    /// Prolongs it; false: it was lost. Throws when the database does not answer.
    [[nodiscard]] virtual bool renew(const std::string& job, int64_t fence) = 0;

    /// Gives it back and notes how the run ended; an empty error is success. Throws as above: the
    /// lease then ends by itself.
    virtual void release(const std::string& job, int64_t fence, const std::string& error) = 0;

    /// How long a lease lives without being renewed.
    [[nodiscard]] virtual Milliseconds life() const = 0;
};

}  // namespace ezapi::host::jobs
