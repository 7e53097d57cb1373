// Compares Redis with the database, entity by entity, and repairs what differs.
//
// A page of a resource is rendered by its owner in one snapshot, together with the revisions; then
// what Redis holds of it is read, and both are reduced to digests. What differs is suspect unless
// it is on its way. A suspect is drift when its revision is still the one of the snapshot: nothing
// has committed since, and Redis had been told of everything before, so it should have held what
// the snapshot shows. Then the ids that Redis holds are gone through for those that the database
// does not know.
//
// Repairing is pushing, with the comparison of revisions that every push makes: it can be wrong
// about nothing but time. Where a resource that is one hash is gone as a whole, it is filled by a
// full push, so that nobody sees a part of it.
//
// Memory: two pages. Nothing is repaired in doubt: a failure ends the resource's comparison.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backfill/full_push.hpp"
#include "backfill/key_scan.hpp"
#include "backfill/prefetch.hpp"
#include "backfill/throttle.hpp"
#include "compare/findings.hpp"
#include "compare/stored_snapshot.hpp"
#include "ledger/fingerprints.hpp"

namespace ezapi::sync {

class Reconciliation {
public:
    struct Parts {
        Db db;
        Redis redis;
        Projections projections;
        const Ledger& ledger;
        const Pusher& pusher;
        FullPush& full_push;
        Log log;
    };

    enum class Act { report, repair };
    enum class Speed { full, considerate };
    using Each = std::function<void(const Drift&)>;
    using Stopping = std::function<bool()>;

    explicit Reconciliation(Parts parts) : parts_(parts), stored_(parts.redis) {}

    /// All live resources, or the ones named. Redis must be filled. One at a time.
    [[nodiscard]] Findings run(Act act,
                               Speed speed,
                               const Each& each,
                               const Stopping& stopping,
                               const std::vector<std::string>& resources = {});

private:
    using Entries = std::vector<Page::Entry>;

    struct Pass {
        std::string resource;
        Layout layout;
        Act act;
        Speed speed;
        bool hollow;  // of a resource that is one hash: there is none
        const Each* each;
        const Stopping* stopping;
        Findings::Resource* result;
        std::int64_t held = 0;  // of the entities, by Redis
        Fingerprints met = Fingerprints();
    };

    void compare(Pass& pass);
    [[nodiscard]] Page read(const Pass& pass, const std::string& after);
    void compare_page(Pass& pass, Page page);
    void look_for_strays(Pass& pass);
    [[nodiscard]] Entries absent_among(const Pass& pass, const std::vector<std::string>& ids) const;
    void judge(Pass& pass, Entries entries, const std::vector<StoredEntity>& held);
    void repair(Pass& pass, Entities entities) const;
    void go_on(const Pass& pass) const;

    Parts parts_;
    StoredSnapshot stored_;
    Throttle throttle_;
};

}  // namespace ezapi::sync
