// The provider groups that bindings refer to, with an index of their models: read once for all
// bindings that are rendered together.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "ezapi/services/provider-groups.hpp"
#include "selector.hpp"

namespace ezapi::bindings {

struct Group {
    std::int64_t version = 0;
    std::string status;
    ModelIndex models;
    std::vector<std::int64_t> usable_keys;  // ascending
    std::string name = {};
};

using Groups = std::unordered_map<std::int64_t, Group>;

/// Those of the groups that exist.
[[nodiscard]] Groups read_groups(Tx& tx,
                                 const ProviderGroups& service,
                                 const std::set<std::int64_t>& ids);

}  // namespace ezapi::bindings
