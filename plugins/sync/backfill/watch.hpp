// Looks every second whether Redis still is what was told to it, and tells it how far the
// database has come.
//
// meta:sync carries the epoch of the database that filled Redis, and the watermark. A resource is
// pushed in full when Redis does not name this epoch and the last full push as what has filled it
// (a new or emptied Redis, another database of it, another PostgreSQL, an old master when the last
// full push went to the new one), when its hash is gone, or when its plugin has come back since,
// because nobody was told of changes meanwhile. All are when meta:sync is of another epoch, when
// its revision is older than the one that was published last, or when Redis is another server
// process than the one that was filled last: a restart from an older dump and a failover to a
// replica that missed the last writes show nothing else. When Redis is AHEAD of the database's own
// numbers, the database was restored from an older state: the sequence is raised above them and the
// epoch renewed.
//
// Before anything is filled, meta:sync goes: what is not whole must not be taken for it. It comes
// back when everything is, written only to the server that was looked at.
//
// The digest in meta:sync is "<revision>-<16 hex digits>": the greatest revision among the present
// entities, all of them applied, and the exclusive or over them of the first eight bytes of
// MD5(resource "\n" key "\n" revision). The exclusive or does not ask for an order, so parts by
// resource or by page add up. It is taken in quiet moments only and may be older than the
// revision beside it.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backfill/full_push.hpp"
#include "ledger/backoff.hpp"
#include "ledger/state.hpp"
#include "ledger/string_map.hpp"
#include "metrics.hpp"

namespace ezapi::sync {

/// What Redis says of itself.
struct RedisView {
    std::string run_id;  // empty: not told
    std::string epoch;   // of meta:sync; empty: missing
    std::int64_t revision = 0;
    StringMap epochs;
    StringMap fills;             // resource -> see backfill_state.hpp
    std::set<std::string> gone;  // hashes that should be there
};

/// `hashes`: the resources that are one hash.
[[nodiscard]] RedisView look(const Redis& redis, const std::vector<std::string>& hashes);

/// The resources that must be pushed in full.
[[nodiscard]] std::vector<std::string> stale(const RedisView& redis,
                                             const SyncState& state,
                                             const std::vector<std::string>& live);

class Watch {
public:
    struct Parts {
        Db db;
        Redis redis;
        Projections projections;
        const Scripts& scripts;
        const Ledger& ledger;
        FullPush& full_push;
        std::function<void(const std::function<bool()>& stopping)> retry;  // what is due, or soon
        Breaker& breaker;
        SyncMetrics& metrics;
        Log log;
        std::string instance;
        bool retries;  // whether what waits is tried again without being asked
    };

    explicit Watch(Parts parts)
        : parts_(std::move(parts)), state_(parts_.db), watermark_(parts_.db) {}

    using Stopping = std::function<bool()>;

    /// One look. Not while another one runs.
    void tick(const Stopping& stopping);

    /// Tells the figures what waits, and has tried what a process that is gone has left.
    void measure(const Stopping& stopping);

    /// Pushes everything in full, needed or not. Throws EZ_CONFLICT while one is under way.
    FullPushResult push_all(const Stopping& stopping);

    /// The same for what this process has not pushed in full yet.
    FullPushResult push_rest(const Stopping& stopping);

    /// Whether Redis holds everything as a whole; throws when it is away.
    [[nodiscard]] bool is_filled() const;

    /// Pushes in full what it does not hold as a whole. Throws EZ_CONFLICT while one is under way.
    FullPushResult fill(const Stopping& stopping);

private:
    using Registrations = std::map<std::string, std::uint64_t>;

    [[nodiscard]] RedisView look_at_redis() const;
    void remove_foreign_keys() const;
    [[nodiscard]] std::vector<std::string> lacking(const RedisView& redis,
                                                   const SyncState& state) const;
    [[nodiscard]] std::vector<std::string> lacking() const;
    [[nodiscard]] bool is_anothers(const RedisView& redis, const SyncState& state) const;
    void withdraw(const std::vector<std::string>& resources) const;
    void refill(bool anothers, const Stopping& stopping);
    void note_away(const Error& error);
    bool note_back();
    void plan_next(bool anothers);
    FullPushResult push(const std::function<std::vector<std::string>()>& needed,
                        const Stopping& stopping);
    void publish(const std::string& run_id);
    [[nodiscard]] std::string digest();
    [[nodiscard]] std::vector<std::string> live() const;
    [[nodiscard]] Registrations registrations() const;

    Parts parts_;
    StateRow state_;
    std::mutex publishing_;
    Watermark watermark_;
    std::optional<std::int64_t> reached_;
    std::string digest_;
    std::int64_t digest_revision_ = -1;
    Breaker::Clock::time_point digest_due_{};
    int failed_refills_ = 0;
    int turns_ = 0;  // refills of what another one has filled, soon after each other
    Breaker::Clock::time_point last_turn_{};
    Breaker::Clock::time_point refill_due_{};
    mutable std::mutex known_mutex_;
    /// Since which a resource has been told of every change; nothing before the first look.
    mutable std::optional<Registrations> known_;
};

}  // namespace ezapi::sync
