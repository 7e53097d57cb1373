// Tells the subscribers inside a transaction, right before its COMMIT, what it changed. First the
// subscribers of phase EZ_DERIVE, again and again until no new changes appear; then those of
// EZ_RECORD once, with every change, one per entity, and those of EZ_AUDIT likewise. A failing
// subscriber aborts the transaction. A transaction without an auditor is reported as unaudited.
// Also holds the projections, which render the entities of a resource for Redis.
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/abi.h"
#include "host/db/transaction.hpp"
#include "host/modules/registry.hpp"
#include "host/modules/roster.hpp"

namespace ezapi::host::changes {

/// Rounds of EZ_DERIVE after which subscribers are assumed to trigger each other endlessly.
inline constexpr int kMaxRounds = 16;

/// Merges changes to one per (resource, id), in order of first appearance: the first `before`, the
/// last `after`, and the action between them. An entity that was created and deleted is left out.
[[nodiscard]] std::vector<db::Change> coalesce(const std::vector<db::Change>& changes);

/// Receives rendered entities.
struct Sink {
    ez_projected_fn fn;
    void* user;
};

class Bus : public modules::Registry, public db::CommitHook {
public:
    /// Staged under `owner` until activate(). `resource` "*": all. Throws EZ_INVALID for an unknown
    /// phase, an empty resource or no function. `free_user` is called once also if this throws.
    void subscribe(std::string_view owner,
                   std::string_view resource,
                   int32_t phase,
                   ez_changes_fn fn,
                   void* user,
                   ez_free_fn free_user);

    /// Called inside each transaction with changes, coalesced, while nothing that is live
    /// subscribes to all of them in phase EZ_AUDIT. What it throws aborts the transaction. Set
    /// before the first transaction.
    using Unaudited = std::function<void(db::Transaction&, const std::vector<db::Change>&)>;

    void when_unaudited(Unaudited fn) { unaudited_ = std::move(fn); }

    /// Enclose a change of plugins. In between, if there was an auditor before, transactions with
    /// changes are refused (EZ_UNAVAILABLE, audit_away) while there is none: it usually restarts
    /// soon, and changes until then would be a gap in the audit.
    void begin_switch();
    void end_switch();

    /// The live plugins that keep the audit. Any thread.
    [[nodiscard]] std::vector<std::string> auditors();

    /// Staged like a subscriber. Throws EZ_CONFLICT when the resource already has a projection,
    /// EZ_INVALID when it is incomplete.
    void project(std::string_view owner, const ez_projection& projection);

    /// The live projections; text is valid during the call of `fn`.
    void projections(const std::function<void(const ez_projection_info&)>& fn);

    /// Calls the owner of `resource`. Throws EZ_NOT_FOUND when it has no live projection.
    void render(db::Transaction& transaction,
                std::string_view resource,
                std::span<const ez_str> ids,
                Sink sink);
    void scan(db::Transaction& transaction,
              std::string_view resource,
              std::string_view after,
              size_t limit,
              Sink sink);

    void activate(std::string_view owner) override;
    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) override;
    void discard(std::string_view owner) override;

    void before_commit(db::Transaction& transaction) override;

private:
    struct Subscription {
        std::string owner;
        std::string resource;
        int32_t phase;
        ez_changes_fn fn;
        void* user;

        [[nodiscard]] bool audits() const { return phase == EZ_AUDIT && resource == "*"; }
    };

    struct Projection {
        std::string resource;
        ez_projection entry;
        uint64_t registration;
    };

    using Subscribers = modules::Roster<Subscription>::Lease;

    static void derive(db::Transaction& transaction, const Subscribers& subscribers);
    static void tell(db::Transaction& transaction,
                     const Subscribers& subscribers,
                     int32_t phase,
                     const std::vector<db::Change>& changes);
    void with_projection(std::string_view resource,
                         const std::function<void(const ez_projection&)>& use);

    void without_auditor(db::Transaction& transaction,
                         const std::vector<db::Change>& changes,
                         std::uint64_t switches);

    modules::Roster<Subscription> subscribers_;
    Unaudited unaudited_;
    std::atomic<std::uint64_t> switches_{0};  // of plugins with an auditor; odd: one is under way
    std::atomic<uint64_t> registrations_{0};
    modules::Roster<Projection> projections_;
};

}  // namespace ezapi::host::changes
