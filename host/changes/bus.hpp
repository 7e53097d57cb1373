// Tells plugins inside a transaction, right before its COMMIT, what it changed. First the
// subscribers of phase EZ_DERIVE, again and again until no new changes appear; then those of
// EZ_RECORD once, with every change, one per entity. A failing subscriber aborts the transaction.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/abi.h"
#include "host/db/transaction.hpp"
#include "host/modules/registry.hpp"

namespace ezapi::host::changes {

/// Rounds of EZ_DERIVE after which two subscribers are taken to feed each other for ever.
inline constexpr int kMaxRounds = 16;

/// One change per (resource, id) in order of first appearance: the first `before`, the last
/// `after`, and the action that leads from one to the other. Created and deleted again is left out.
[[nodiscard]] std::vector<db::Change> coalesce(const std::vector<db::Change>& changes);

class Bus : public modules::Registry, public db::CommitHook {
public:
    Bus() = default;
    ~Bus() override;
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

    /// Staged under `owner` until activate(). `resource` "*": all. Throws EZ_INVALID for an unknown
    /// phase or an empty resource; `free_user` is then called, too.
    void subscribe(std::string_view owner,
                   std::string_view resource,
                   int32_t phase,
                   ez_changes_fn fn,
                   void* user,
                   ez_free_fn free_user);

    void activate(std::string_view owner) override;
    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) override;
    void discard(std::string_view owner) override;

    void before_commit(db::Transaction& transaction) override;

private:
    struct Subscription;
    class Lease;
    using Subscriptions = std::vector<std::shared_ptr<Subscription>>;

    void call(db::Transaction& transaction,
              Subscription& subscription,
              const std::vector<db::Change>& changes);

    std::mutex mutex_;
    std::condition_variable idle_;
    Subscriptions subscriptions_;  // in order of registration; a state each
};

}  // namespace ezapi::host::changes
