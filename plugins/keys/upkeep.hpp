// Time-driven changes of tokens: quotas are reset, tokens expire, grace periods of rotated tokens
// end. The work is done in bounded batches, one transaction each; locked rows are left to the next
// run. The operation log gets one row for each token whose status changes, and one for each batch
// of quotas that are reset.
#pragma once

#include <string>

#include "ezapi/db.hpp"
#include "ezapi/jobs.hpp"
#include "ezapi/services/masters.hpp"
#include "ezapi/time.hpp"

namespace ezapi::keys {

class Upkeep {
public:
    /// `masters` must outlive it.
    Upkeep(Db db, const Masters& masters) : db_(std::move(db)), masters_(masters) {}

    /// Resets the quotas of tokens and the shared quotas of masters.
    void reset_quotas(const Run& run) const;
    void expire_tokens(const Run& run) const;
    void drop_retired(const Run& run) const;

private:
    void reset_shared(const Run& run) const;

    Db db_;
    const Masters& masters_;
};

}  // namespace ezapi::keys
