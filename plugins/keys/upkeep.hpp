// What time does to tokens: quotas begin anew, tokens expire, the grace of rotated ones ends. Work
// goes in bounded batches, a transaction each; locked rows wait for the next run. The operation log
// gets a row for each token whose state changes, and one for each batch of quotas that are reset.
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

    /// Those of tokens, and those that the tokens of a master share.
    void reset_quotas(const Run& run) const;
    void expire_tokens(const Run& run) const;
    void drop_retired(const Run& run) const;

private:
    void reset_shared(const Run& run) const;

    Db db_;
    const Masters& masters_;
};

}  // namespace ezapi::keys
