// Walks through the ids that Redis holds of a resource, page by page: the way to what the database
// does not know of. As SCAN does, it may show an id more than once, and one that comes or goes
// meanwhile or not.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ezapi/redis.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

class KeyScan {
public:
    KeyScan(Redis redis, Projections projections) : redis_(redis), projections_(projections) {}

    using Each = std::function<void(const std::vector<std::string>& ids)>;

    /// A plain hash is found by its revision, because others may stand under the same prefix.
    void walk(const std::string& resource, Layout layout, const Each& each) const;

private:
    [[nodiscard]] std::vector<std::string> ids_in(const std::string& resource,
                                                  Layout layout,
                                                  const Reply& page) const;

    Redis redis_;
    Projections projections_;
};

}  // namespace ezapi::sync
