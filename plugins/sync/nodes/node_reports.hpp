// The nodes of the data plane against what was published: who lacks what, and for how long.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ledger/state.hpp"
#include "nodes/nodes.hpp"
#include "nodes/staleness.hpp"

namespace ezapi::sync {

struct NodeReport {
    Node node;
    bool current = false;      // it has applied what was published last
    double stale_seconds = 0;  // how long it has not
};

class NodeReports {
public:
    NodeReports(Redis redis, Db db) : nodes_(redis), state_(std::move(db)) {}

    /// See Nodes::read. Throws when Redis or the database is away. Any thread.
    [[nodiscard]] std::vector<NodeReport> read(Nodes::Clock::duration tolerated);

    [[nodiscard]] static Json json(const std::vector<NodeReport>& reports);
    [[nodiscard]] static Json schema();

private:
    Nodes nodes_;
    StateRow state_;
    std::mutex mutex_;
    Staleness staleness_;
};

}  // namespace ezapi::sync
