// The row of sync_state: this database's identity towards Redis, the lease of a full push, and what
// was last told to Redis as a whole. Also the watermark, the revision up to which everything is in
// Redis.
//
// The watermark cannot be the greatest revision that was pushed: numbers become visible out of
// order, so a smaller one may still be in a transaction that has not committed. At a moment t0 the
// sequence stood at S, and H is a transaction id that no transaction of t0 has reached. Every
// number up to S was drawn by a transaction with an id below H; once no transaction below H runs
// any more, all of them are visible or gone. Then the watermark is S, or the revision before the
// least one that is still unpushed (of an entity that changed again while it was pending: the first
// of its changes, not the last). S is made durable before it counts: a server that crashes may
// forget numbers that were drawn and not committed, and give them out again, to changes that nobody
// has pushed. Entities that are dead, or whose projection is not live, do not
// hold it up: they have their own signs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/db.hpp"

namespace ezapi::sync {

struct SyncState {
    std::string epoch;
    std::int64_t published_revision = 0;
    std::int64_t last_revision = 0;  // the last one that was drawn
    std::string redis_run_id;        // of the server that was last filled; empty: none
    std::optional<Timestamp> last_full_push_at;
    std::string last_error;
    std::map<std::string, std::string> fills = {};  // resource -> see backfill_state.hpp
};

/// What the last comparison of Redis with the database has found.
struct DriftState {
    std::int64_t found = 0;
    std::int64_t repaired = 0;
    std::string report;  // JSON; empty: none yet
    std::optional<Timestamp> checked_at = {};
};

class StateRow {
public:
    explicit StateRow(Db db) : db_(std::move(db)) {}

    [[nodiscard]] SyncState read() const;

    void note_published(std::int64_t revision) const;
    void note_error(const std::string& error) const;
    void note_full_push(const std::string& redis_run_id) const;

    /// Before a full push is told to Redis, which names `found` as what has filled the resource.
    void note_fill_begun(const std::string& resource,
                         const std::string& push,
                         std::string_view found) const;
    void note_fill(const std::string& resource, const std::string& push) const;

    void note_drift(const DriftState& found) const;
    [[nodiscard]] DriftState drift() const;

    /// The lease of a full push: one at a time, for efficiency; what makes it safe is in Redis.
    [[nodiscard]] bool take_lease(const std::string& owner) const;
    [[nodiscard]] bool keep_lease(const std::string& owner) const;
    void drop_lease(const std::string& owner) const;

private:
    Db db_;
};

class Watermark {
public:
    explicit Watermark(Db db) : db_(std::move(db)) {}

    /// The present one; nothing while a transaction of the last call still runs. One thread.
    [[nodiscard]] std::optional<std::int64_t> advance(const std::vector<std::string>& resources);

private:
    struct Candidate {
        std::int64_t revision;
        std::int64_t horizon;  // transaction id
    };

    [[nodiscard]] std::int64_t durable_number();

    Db db_;
    std::int64_t durable_ = 0;  // the greatest number that was made so
    std::optional<Candidate> waiting_;
};

}  // namespace ezapi::sync
