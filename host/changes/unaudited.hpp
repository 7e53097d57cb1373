// Records changes that no plugin audited. A transaction that changes entities while nothing
// subscribes to all changes in phase EZ_AUDIT adds a row to ez_unaudited_changes in that
// transaction, and writes a log line, at most one a minute.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "host/db/transaction.hpp"

namespace ezapi::host::changes {

class Unaudited {
public:
    explicit Unaudited(std::string instance) : instance_(std::move(instance)) {}

    /// Any thread. `changes` are coalesced; touched entities do not count.
    void note(db::Transaction& transaction, const std::vector<db::Change>& changes);

private:
    void warn();

    std::string instance_;
    std::atomic<std::int64_t> unreported_{0};
    std::atomic<std::int64_t> next_report_{0};  // seconds of the steady clock
};

}  // namespace ezapi::host::changes
