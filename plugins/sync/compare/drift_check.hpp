// Comparisons of Redis with the database, one at a time in this process, and what the last one of
// any process has found. What differs is kept by name up to a bound, and counted beyond it.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "backfill/watch.hpp"
#include "compare/reconciliation.hpp"
#include "ledger/state.hpp"
#include "metrics.hpp"

namespace ezapi::sync {

class DriftCheck {
public:
    struct Parts {
        Db db;
        Reconciliation& reconciliation;
        Watch& watch;
        SyncMetrics& metrics;
        Log log;
        std::string instance;
    };

    using Act = Reconciliation::Act;
    using Speed = Reconciliation::Speed;

    explicit DriftCheck(Parts parts) : parts_(std::move(parts)), state_(parts_.db) {}

    /// Compares, repairs if asked, and keeps the result. A Redis that has to be filled as a whole
    /// is filled by a full push. Throws EZ_CONFLICT while one runs here.
    Findings run(Act act,
                 Speed speed,
                 const Reconciliation::Each& each,
                 const Reconciliation::Stopping& stopping);

    /// The same for the job: leaves a Redis that has to be filled to the watch.
    void run_in_background(const Reconciliation::Stopping& stopping);

    /// The last result, as it was kept.
    [[nodiscard]] Json report() const;
    [[nodiscard]] static Json report_schema();

private:
    [[nodiscard]] Findings compare(Act act,
                                   Speed speed,
                                   const Reconciliation::Each& each,
                                   const Reconciliation::Stopping& stopping) const;
    void keep(const Findings& findings, const Json& keys, double seconds);

    Parts parts_;
    StateRow state_;
    std::mutex one_at_a_time_;
};

}  // namespace ezapi::sync
