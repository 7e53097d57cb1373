// Leases as rows of ez_job_leases. All times are the database's clock, so that processes whose
// clocks differ agree.
#pragma once

#include <string>

#include "host/jobs/leases.hpp"

namespace ezapi::host::db {
class Pools;
}

namespace ezapi::host::jobs {

class PostgresLeases final : public Leases {
public:
    /// `holder` names this process, unique for its life.
    PostgresLeases(db::Pools& pools, std::string holder, Milliseconds life);

    std::optional<int64_t> acquire(const std::string& job, Milliseconds rest) override;
    bool renew(const std::string& job, int64_t fence) override;
    void release(const std::string& job, int64_t fence, const std::string& error) override;

    Milliseconds life() const override { return life_; }

private:
    db::Pools& pools_;
    std::string holder_;
    Milliseconds life_;
};

}  // namespace ezapi::host::jobs
