// Tells plugins inside a transaction, right before its COMMIT, what it changed. First the
// subscribers of phase EZ_DERIVE, again and again until no new changes appear; then those of
// EZ_RECORD once, with every change, one per entity, and those of EZ_AUDIT likewise. A failing
// subscriber aborts the transaction. A transaction that no auditor sees is passed on as unaudited.
// Also keeps the projections: how the entities of a resource look in Redis, asked for by whoever
// delivers them.
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

/// Rounds of EZ_DERIVE after which two subscribers are taken to feed each other for ever.
inline constexpr int kMaxRounds = 16;

/// One change per (resource, id) in order of first appearance: the first `before`, the last
/// `after`, and the action that leads from one to the other. Created and deleted again is left out.
[[nodiscard]] std::vector<db::Change> coalesce(const std::vector<db::Change>& changes);

/// Where rendered entities go.
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

    /// Around a change of plugins. In between, transactions with changes that no auditor sees are
    /// refused (EZ_UNAVAILABLE, audit_away) if there was one before: it is usually started again a
    /// moment later, and what it misses until then would be a gap in the audit.
    void begin_switch();
    void end_switch();

    /// The live plugins that keep the audit. Any thread.
    [[nodiscard]] std::vector<std::string> auditors();

    /// Staged likewise. Throws EZ_CONFLICT when the resource has one, EZ_INVALID when it is
    /// incomplete.
    void project(std::string_view owner, const ez_projection& projection);

    /// The live projections; text is valid for the call of `fn`.
    void projections(const std::function<void(const ez_projection_info&)>& fn);

    /// Asks the owner of `resource`. Throws EZ_NOT_FOUND when there is no live projection of it.
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
