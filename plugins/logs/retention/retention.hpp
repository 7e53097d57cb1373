// The maintenance jobs of the log database, and DELETE /admin/logs.
#pragma once

#include "ezapi/plugin.hpp"
#include "retention/expiry.hpp"
#include "retention/partition_plan.hpp"
#include "retention/partitions.hpp"

namespace ezapi::logs {

class Retention {
public:
    explicit Retention(Host& host);

private:
    void expire(const Run& run) const;
    void delete_records(Timestamp cut, const Expiry::Stopping& stopping) const;
    void tend_partitions(const Run& run) const;
    [[nodiscard]] Response delete_logs(const Request& request) const;

    const Db main_;
    const RetentionRules rules_;
    const Partitioning mode_;
    const Partitions partitions_;
    const Expiry expiry_;
    const Log log_;
    const Counter expired_;
    const Gauge strays_;
};

}  // namespace ezapi::logs
