// The current traffic of a master: the counters that the data plane keeps in Redis, read on
// request. Nothing is stored here, so without Redis there is no answer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "ezapi/plugin.hpp"
#include "ezapi/services/masters.hpp"

namespace ezapi::logs {

class Realtime {
public:
    explicit Realtime(const Host& host, std::function<Timestamp()> clock = &now);

    /// This object must outlive the routes.
    void serve(Host& host);

private:
    [[nodiscard]] Response figures(std::int64_t master_id) const;
    void require_master(std::int64_t id) const;

    Db db_;
    Redis redis_;
    Log log_;
    Masters masters_;
    std::function<Timestamp()> clock_;
};

}  // namespace ezapi::logs
