// A page of a resource as the database has it: its entities in the order of their ids, rendered by
// the owner, with the revisions that they stand under, all in one snapshot. What goes through a
// whole resource does it by pages, so that memory does not grow with it.
#pragma once

#include <string>
#include <vector>

#include "ezapi/db.hpp"
#include "ledger/entity.hpp"
#include "ledger/entity_status.hpp"

namespace ezapi::sync {

struct Page {
    struct Entry {
        Rendered rendered;
        EntityStatus status;
    };

    std::vector<Entry> entries;
    /// What Redis was told of and never told to drop, but the database does not show any more.
    std::vector<Entry> ghosts;
    bool last = false;

    /// Where the next page begins.
    [[nodiscard]] const std::string& end() const { return entries.back().rendered.entity.key; }
};

class PageReader {
public:
    explicit PageReader(Projections projections) : projections_(projections) {}

    /// The page behind `after` of up to `limit` entities; the ghosts of its stretch besides. Throws
    /// where the owner does not keep its promise about order.
    [[nodiscard]] Page read(Tx& tx,
                            const std::string& resource,
                            Layout layout,
                            const std::string& after,
                            size_t limit) const;

private:
    Projections projections_;
};

}  // namespace ezapi::sync
