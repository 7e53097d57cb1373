// Looks every second whether Redis still is what was told to it, and tells it how far the
// database has come.
//
// meta:sync carries the epoch of the database that filled Redis, and the watermark. A resource is
// pushed in full when sync:epochs does not say that this epoch has filled it (a new or emptied
// Redis, another database, a plugin that has just been enabled). All are when meta:sync is missing
// or of another epoch, when its revision is older than the one that was published last, or when
// Redis is another server process than the one that was filled last: a restart from an older dump
// and a failover to a replica that missed the last writes show nothing else. When Redis is AHEAD
// of the database's own numbers, the database was restored from an older state: the sequence is
// raised above them and the epoch renewed.
//
// The digest in meta:sync is "<revision>-<16 hex digits>": the greatest revision among the present
// entities, all of them applied, and the exclusive or over them of the first eight bytes of
// MD5(resource "\n" key "\n" revision). The exclusive or does not ask for an order, so parts by
// resource or by page add up. It is taken in quiet moments only and may be older than the
// revision beside it.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backoff.hpp"
#include "figures.hpp"
#include "full_push.hpp"
#include "outbox.hpp"
#include "state.hpp"

namespace ezapi::sync {

/// What Redis says of itself.
struct RedisView {
    std::string run_id;  // empty: not told
    std::string epoch;   // of meta:sync; empty: missing
    std::int64_t revision = 0;
    std::map<std::string, std::string> epochs;
    std::set<std::string> filled;  // resources that a full push has completed
};

[[nodiscard]] RedisView look(const Redis& redis);

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
        const Outbox& outbox;
        Breaker& breaker;
        Figures& figures;
        Log log;
        std::string instance;
        bool retries;  // whether the outbox is drained when Redis is back
    };

    explicit Watch(Parts parts)
        : parts_(std::move(parts)), state_(parts_.db), watermark_(parts_.db) {}

    using Stopping = std::function<bool()>;

    /// One look. Not while another one runs.
    void tick(const Stopping& stopping);

    /// Pushes everything in full, needed or not. Throws EZ_CONFLICT while one is under way.
    FullPushResult push_all(const Stopping& stopping);

    /// The same for what this process has not pushed in full yet.
    FullPushResult push_rest(const Stopping& stopping);

    /// Whether Redis holds everything as a whole; throws when it is away.
    [[nodiscard]] bool is_filled() const;

    /// Pushes in full what it does not hold as a whole. Throws EZ_CONFLICT while one is under way.
    FullPushResult fill(const Stopping& stopping);

private:
    void measure();
    [[nodiscard]] std::vector<std::string> lacking() const;
    void look_closely(const Stopping& stopping);
    void refill(const Stopping& stopping);
    FullPushResult push(const std::function<std::vector<std::string>()>& needed,
                        const Stopping& stopping);
    void publish();
    [[nodiscard]] std::string digest();
    [[nodiscard]] std::vector<std::string> live() const;

    Parts parts_;
    StateRow state_;
    std::mutex publishing_;
    Watermark watermark_;
    std::optional<std::int64_t> reached_;
    std::string digest_;
    std::int64_t digest_revision_ = -1;
    Breaker::Clock::time_point digest_due_{};
    int failed_refills_ = 0;
    Breaker::Clock::time_point refill_due_{};
};

}  // namespace ezapi::sync
