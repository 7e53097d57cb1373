// The provider groups that bindings refer to, as the service "provider-groups/1" shows them: read
// once for all bindings that are rendered together.
#pragma once

#include <cstdint>
#include <optional>
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
    std::string name = {};
};

/// An upstream API key, as far as it concerns who may serve.
struct ApiKey {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::int64_t group_id = 0;
    std::int64_t weight = 0;  // 0: the data plane's own
    std::string name;
    std::string status;
    bool usable = false;
};

using Groups = std::unordered_map<std::int64_t, Group>;

class GroupReader {
public:
    explicit GroupReader(const Host& host)
        : service_(host.find<ez_provider_groups_v1>("provider-groups/1")) {}

    /// Those of the groups that exist.
    [[nodiscard]] Groups read(Tx& tx, const std::set<std::int64_t>& ids) const;

    /// All API keys of the groups, by group and id.
    [[nodiscard]] std::vector<ApiKey> api_keys(Tx& tx, const std::set<std::int64_t>& groups) const;
    [[nodiscard]] std::optional<ApiKey> api_key(Tx& tx, std::int64_t id) const;

private:
    Service<ez_provider_groups_v1> service_;
};

}  // namespace ezapi::bindings
