// GET /admin/operation-logs: what the recorder has written, newest first; and the chain that makes
// tampering with it visible.
#pragma once

#include "audit/sealer.hpp"
#include "audit/verification.hpp"
#include "ezapi/plugin.hpp"
#include "ezapi/resource/feed.hpp"

namespace ezapi::logs {

class Journal {
public:
    explicit Journal(Db db);

    /// Must outlive the routes and the job.
    void serve(Host& host) const;

private:
    Db db_;
    Feed feed_;
    Sealer sealer_;
    Verification verification_;
};

}  // namespace ezapi::logs
