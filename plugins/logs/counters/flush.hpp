// POST /internal/stats/flush: adds the usage that the data plane has counted to the tokens. Each
// report counts once, however often it is sent. Tokens belong to the keys plugin; its service
// "keys/1" adds the usage and takes care of what Redis must get.
#pragma once

#include "counters/report.hpp"
#include "ezapi/plugin.hpp"
#include "ezapi/services/keys.hpp"

namespace ezapi::logs {

class CounterFlush {
public:
    explicit CounterFlush(Host& host);

    /// This object must outlive the routes.
    void serve(Host& host);

private:
    [[nodiscard]] Response take(CounterReport report, Tx& tx) const;
    [[nodiscard]] std::string count(const CounterReport& report, Tx& tx, size_t& applied) const;

    Db db_;
    Log log_;
    Keys keys_;
    std::int64_t retention_days_;
    Counter reports_;
    Counter duplicates_;
    Counter items_;
    Counter unknown_;
    Counter rejected_;
    Counter repaired_;
    Counter gaps_;
};

}  // namespace ezapi::logs
