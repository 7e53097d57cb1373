// The provider groups that bindings refer to, as the service "provider-groups/1" shows them: read
// once for all bindings that are rendered together.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "ezapi/plugin.hpp"
#include "provider-groups/provider-groups.h"
#include "selector.hpp"

namespace ezapi::bindings {

struct Group {
    std::int64_t version = 0;
    std::string status;
    ModelIndex models;
    std::vector<std::int64_t> usable_keys;  // ascending
};

using Groups = std::unordered_map<std::int64_t, Group>;

class GroupReader {
public:
    explicit GroupReader(const Host& host)
        : service_(host.find<ez_provider_groups_v1>("provider-groups/1")) {}

    /// Those of the groups that exist.
    [[nodiscard]] Groups read(Tx& tx, const std::set<std::int64_t>& ids) const;

private:
    Service<ez_provider_groups_v1> service_;
};

}  // namespace ezapi::bindings
