// GET /admin/operation-logs: what the recorder has written, newest first.
#pragma once

#include "ezapi/plugin.hpp"
#include "ezapi/resource/feed.hpp"

namespace ezapi::logs {

class Journal {
public:
    explicit Journal(Db db);

    /// Must outlive the route.
    void serve(Host& host) const;

private:
    Db db_;
    Feed feed_;
};

}  // namespace ezapi::logs
