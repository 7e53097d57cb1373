// Keeps the head of the operation log's hash chain outside the database, on every instance: in a
// file of the state directory whenever it has moved, in the process log every ten minutes, and at
// EZ_AUDIT_ANCHOR_URL once a minute.
//
// Before a new anchor is written, the previous one is looked up in the chain. When it is missing or
// different, the tables were restored or rebuilt: an error is logged, the metric falls to 0, and no
// anchor is written until an operator has moved the file away. A head whose signature this instance
// cannot verify is not anchored, because a wrong anchor would make the genuine chain look rebuilt.
#pragma once

#include <chrono>
#include <string>

#include "audit/anchors.hpp"
#include "audit/audit_keys.hpp"
#include "ezapi/plugin.hpp"
#include "outgoing/reach.hpp"

namespace ezapi::logs {

class Anchoring {
public:
    /// `keys` and `anchors` must outlive this object.
    Anchoring(Host& host, const AuditKeys& keys, Anchors& anchors);

    /// The job; runs never overlap.
    void run(const Run& run);

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] std::string fault_of(const Anchor& last, std::int64_t position) const;
    void report(const std::string& fault);
    void tell(const Anchor& anchor, const Run& run);

    Db db_;
    Log log_;
    const AuditKeys& keys_;
    Anchors& anchors_;
    Gauge sound_;
    std::string instance_;
    std::string url_;
    outgoing::Reach reach_;
    std::string fault_;
    std::int64_t logged_ = -1;  // position of the last anchor in the process log; likewise below
    std::int64_t posted_ = -1;
    Clock::time_point log_at_{};
    Clock::time_point post_at_{};
};

}  // namespace ezapi::logs
