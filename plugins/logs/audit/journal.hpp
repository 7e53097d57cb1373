// GET /admin/operation-logs: the operation log, newest first. Also owns the hash chain that makes
// tampering with it visible.
#pragma once

#include "audit/anchoring.hpp"
#include "audit/sealer.hpp"
#include "audit/verification.hpp"
#include "ezapi/plugin.hpp"
#include "ezapi/resource/feed.hpp"

namespace ezapi::logs {

class Journal {
public:
    explicit Journal(Host& host);

    /// This object must outlive the routes and the jobs.
    void serve(Host& host);

    [[nodiscard]] const Verification& verification() const { return verification_; }

private:
    Db db_;
    Feed feed_;
    AuditKeys keys_;
    Anchors anchors_;
    Sealer sealer_;
    Anchoring anchoring_;
    Verification verification_;
};

}  // namespace ezapi::logs
