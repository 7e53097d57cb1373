// The statistics routes: one grouping of a range, and the overview of a dashboard. A master sees
// only its own requests.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "ezapi/plugin.hpp"
#include "query/statistics.hpp"

namespace ezapi::logs {

class Reports {
public:
    Reports(Db db, std::chrono::milliseconds time_limit, std::function<Timestamp()> clock = &now);

    /// This object must outlive the routes.
    void serve(Host& host) const;

private:
    [[nodiscard]] Response grouped(const Request& request, std::int64_t master_id) const;
    [[nodiscard]] Response overview(const Request& request, std::int64_t master_id) const;
    [[nodiscard]] Tx begin() const;

    Db db_;
    std::chrono::milliseconds time_limit_;
    std::function<Timestamp()> clock_;
};

}  // namespace ezapi::logs
