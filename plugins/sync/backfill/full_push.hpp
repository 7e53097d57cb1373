// Fills Redis from the database, resource by resource, while changes go on.
//
// A resource that is one hash (Layout::field) becomes visible in one step: it is filled into a
// staging hash, then swapped with the live one. A marker in Redis names the staging; while it
// stands, every push of a change writes to both, with the same comparison. The marker is set
// before the snapshot is taken, so whatever the snapshot does not show reaches the staging by
// itself. Each step checks that the marker is still its own: when it has expired, was taken over by
// another full push, or Redis has lost its data, the push fails and the live hash stays as it is.
// Revisions of deleted entities move along, or a late retry could bring them back; those that were
// deleted long ago are forgotten, see recorder.cpp.
//
// Of the other layouts each entity is one step already; they are written with the usual comparison.
// Keys that the database does not know are removed after its last page was read: each of them is
// asked of the database once more, and deleted as any deleted entity is.
//
// Nothing is removed on the strength of a failed or partial read: a failure ends the resource's
// push before its swap or removal. Pages bound the memory. What was open before, the dead included,
// is left to the outbox, for which it is due again; so is an entity that Redis refuses.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "backfill/page_reader.hpp"
#include "delivery/pusher.hpp"
#include "delivery/scripts.hpp"
#include "ezapi/plugin.hpp"
#include "ledger/fingerprints.hpp"
#include "ledger/ledger.hpp"
#include "ledger/state.hpp"

namespace ezapi::sync {

struct FullPushResult {
    struct Resource {
        std::string name;
        std::int64_t entities = 0;
        std::int64_t removed = 0;  // keys that the database does not know
        std::string fault;         // empty: done
    };

    std::vector<Resource> resources;

    [[nodiscard]] std::string fault() const;  // the first one
};

class FullPush {
public:
    struct Parts {
        Db db;
        Redis redis;
        Projections projections;
        const Scripts& scripts;
        const Ledger& ledger;
        const Pusher& pusher;
        StateRow state;
        Log log;
        std::string instance;
    };

    using Stopping = std::function<bool()>;

    explicit FullPush(Parts parts) : parts_(std::move(parts)) {}

    /// `needed` is asked once nobody else can be at it; what it names is pushed. Throws EZ_CONFLICT
    /// while another full push is under way, here or in another instance.
    [[nodiscard]] FullPushResult run(const std::function<std::vector<std::string>()>& needed,
                                     const Stopping& stopping);

    /// Whether this process has pushed a resource in full before. To be asked by `needed`.
    [[nodiscard]] bool has_pushed(const std::string& resource) const {
        return pushed_.contains(resource);
    }

private:
    struct Pass {
        std::string resource;
        Layout layout;
        std::string id;     // of this push, in its marker
        std::string epoch;  // of the database
        std::string owner;  // of the lease
        const Stopping* stopping;
        mutable std::chrono::steady_clock::time_point renew_at{};  // of the lease
    };

    class Lease;

    [[nodiscard]] FullPushResult::Resource push(const Pass& pass) const;
    void forget_deleted(const Pass& pass) const;
    void fill(const Pass& pass, FullPushResult::Resource& result, Fingerprints& met) const;
    [[nodiscard]] Page read_page(Tx& tx, const Pass& pass, const std::string& after) const;
    void write_page(const Pass& pass, Page& page) const;
    void stage_page(const Pass& pass, const Page& page) const;
    void stage_tombstones(Tx& tx, const Pass& pass) const;
    void stage(const Pass& pass, const Words& items) const;
    void complete(const Pass& pass) const;
    [[nodiscard]] std::int64_t remove_unknown(const Pass& pass, Fingerprints& met) const;
    [[nodiscard]] std::int64_t remove_ghosts(const Pass& pass, const Page& page) const;
    [[nodiscard]] std::int64_t remove_absent(const Pass& pass,
                                             const std::vector<std::string>& ids) const;
    void go_on(const Pass& pass) const;
    void keep(const Pass& pass) const;

    Parts parts_;
    std::mutex one_at_a_time_;
    std::set<std::string> pushed_;  // under the mutex
};

}  // namespace ezapi::sync
