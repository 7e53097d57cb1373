// The lists of request records, newest first. Every filter has an index that serves it in the order
// of the pages.
#pragma once

#include <chrono>

#include "ezapi/plugin.hpp"
#include "ezapi/resource/feed.hpp"

namespace ezapi::logs {

class Records {
public:
    Records(Db db, std::chrono::milliseconds time_limit);

    /// This object must outlive the routes.
    void serve(Host& host) const;

private:
    [[nodiscard]] Response page(const Feed& feed, const Request& request, const Within* of) const;

    Db db_;
    std::chrono::milliseconds time_limit_;
    Feed all_;
    Feed own_;  // for one master
};

}  // namespace ezapi::logs
