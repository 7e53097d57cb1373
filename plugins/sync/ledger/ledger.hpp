// The statements over sync_entities: what waits to be pushed, and what became of it. All of them
// skip rows that a transaction of a change holds locked, because those are about to get a newer
// revision.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/db.hpp"
#include "ledger/backfill_fence.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

struct Depth {
    std::int64_t pending = 0;
    std::int64_t dead = 0;
    double oldest_seconds = 0;  // of the pending ones
    std::int64_t failing = 0;   // of the pending ones, those that were tried in vain
    std::int64_t orphaned = 0;  // of the pending ones, those that nobody tries although it is time
};

class Ledger {
public:
    /// `instance` marks the rows that this process has claimed.
    Ledger(Db db, std::string instance, int max_attempts)
        : db_(std::move(db)), instance_(std::move(instance)), max_attempts_(max_attempts) {}

    /// The revisions as `tx` sees them, in the order of `entities`; 0: no row.
    [[nodiscard]] static std::vector<std::int64_t> revisions(Tx& tx, const Entities& entities);

    /// The same, outside of any transaction.
    [[nodiscard]] std::vector<std::int64_t> current(const Entities& entities) const;

    /// Gives a row to those that have none, and returns its revision; 0 where somebody else was
    /// quicker, whose change is newer than whatever the caller has read. `pending`: they are to be
    /// pushed by the ordinary way; otherwise the caller is about to.
    enum class State { pending, applied };
    [[nodiscard]] std::vector<std::int64_t> allocate(const Entities& entities, State state) const;

    /// Notes what was pushed under `fence`. An entity that has changed since stays pending, and so
    /// does one whose resource the last full push has filled elsewhere, see backfill_state.hpp.
    void settle(const std::vector<Rendered>& pushed,
                const std::vector<Outcome>& outcomes,
                const BackfillFence& fence) const;

    /// Takes up to `limit` due entities of these resources for this process, for a few seconds.
    [[nodiscard]] Entities claim(const std::vector<std::string>& resources, int limit) const;

    /// Gives back what this process has claimed, unpushed.
    void release() const;

    /// Raises the sequence above a revision that Redis holds and this database has never given out,
    /// and gives new revisions to `entities`. Such a database was restored from an older state, so
    /// it gets a new epoch, too.
    void overtake(std::int64_t stored, const Entities& entities) const;

    [[nodiscard]] Depth depth() const;

    /// Why one of those that are not applied was refused, or could not be rendered; empty: none.
    [[nodiscard]] std::string last_fault() const;

    /// Makes what is open of a resource, the dead included, due at once and from the first attempt.
    /// In parts, so that no statement is a long one.
    void reopen(const std::string& resource, const std::function<bool()>& stopping) const;

    /// Makes an entity due that was taken to be in Redis and is not.
    void reopen(const Rendered& entity, const std::string& fault) const;

    /// Forgets some of those whose deletion has been in Redis for long; true: there may be more.
    /// Only once what was rendered before is refused, so under a full push that has begun.
    [[nodiscard]] bool forget_deleted(const std::string& resource) const;

    /// The same for one row of the outbox; nothing when there is none.
    [[nodiscard]] static std::optional<Entity> reopen(Tx& tx, std::int64_t id);

private:
    void settle_applied(const std::vector<Rendered>& pushed,
                        const std::vector<Outcome>& outcomes,
                        const BackfillFence& fence) const;
    void settle_failed(const std::vector<Rendered>& pushed,
                       const std::vector<Outcome>& outcomes) const;

    Db db_;
    std::string instance_;
    int max_attempts_;
};

}  // namespace ezapi::sync
