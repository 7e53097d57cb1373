// Keeps the head of the operation log's chain outside the database, on every instance: in a file of
// the state directory as soon as it has moved, in the process's log every ten minutes, and at
// EZ_AUDIT_ANCHOR_URL once a minute.
//
// Before it writes an anchor it looks for the one before it in the chain. Where that is gone or
// another one, the tables were put back or rebuilt: an error is logged, the metric falls to 0, and
// no new anchor is written until an operator has moved the file away. A head whose signature this
// instance cannot verify is not anchored: a false anchor would make the true chain look rebuilt.
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
    /// `keys` and `anchors` must outlive it.
    Anchoring(Host& host, const AuditKeys& keys, Anchors& anchors);

    /// One run at a time.
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
    std::int64_t logged_ = -1;  // position of the last anchor that was logged, and posted
    std::int64_t posted_ = -1;
    Clock::time_point log_at_{};
    Clock::time_point post_at_{};
};

}  // namespace ezapi::logs
