// What time does to tokens: quotas begin anew, tokens expire, the grace of rotated ones ends. Work
// goes in bounded batches, a transaction each; rows that somebody else holds wait for the next run.
#pragma once

#include <string>

#include "ezapi/db.hpp"
#include "ezapi/jobs.hpp"
#include "ezapi/time.hpp"

namespace ezapi::keys {

class Upkeep {
public:
    explicit Upkeep(Db db) : db_(std::move(db)) {}

    void reset_quotas(const Run& run) const;
    void expire_tokens(const Run& run) const;
    void drop_retired(const Run& run) const;

private:
    Db db_;
};

}  // namespace ezapi::keys
