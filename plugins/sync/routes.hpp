// The operator's view of the delivery to Redis: /admin/sync and what is below it.
#pragma once

#include <functional>

#include "backfill/watch.hpp"
#include "compare/drift_check.hpp"
#include "ezapi/plugin.hpp"
#include "ezapi/resource/feed.hpp"
#include "ledger/ledger.hpp"
#include "ledger/state.hpp"
#include "nodes/node_reports.hpp"

namespace ezapi::sync {

class Routes {
public:
    struct Parts {
        Db db;
        Redis redis;
        const Ledger& ledger;
        const Breaker& breaker;
        Watch& watch;
        DriftCheck& drift_check;
        NodeReports& node_reports;
        /// Pushes one entity after the transaction, waiting for it as any write does.
        std::function<void(Tx&, const Entity&)> push_after;
    };

    explicit Routes(Parts parts);

    /// Must outlive the routes.
    void serve(Host& host);

private:
    [[nodiscard]] Response overview() const;
    void serve_outbox(Host& host);
    void serve_drift(Host& host);
    [[nodiscard]] Response push_all() const;
    [[nodiscard]] Response compare(const Request& request) const;
    [[nodiscard]] Response retry(const Request& request, Tx& tx) const;

    Parts parts_;
    StateRow state_;
    Feed outbox_;
};

}  // namespace ezapi::sync
