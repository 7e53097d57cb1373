// The provider groups and their upstream API keys, by the service "provider-groups/1" of the plugin
// `provider-groups`.
//
//     const ProviderGroups groups(host);
//     const std::vector<UpstreamKey> keys = groups.keys(tx, {1, 2});
//
// Name the plugin in depends_on. A plugin that names it in `after` must check operator bool: it is
// false when the plugin does not run, and every call throws EZ_NOT_FOUND then.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ezapi/plugin.hpp"
#include "ezapi/services/provider-groups.h"

namespace ezapi {

struct ProviderGroup {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::string name;
    std::string status;
    std::vector<std::string> models;        // upstream model names
    std::vector<std::int64_t> usable_keys;  // ids of API keys that may serve now, ascending
};

/// An upstream API key, without its credential.
struct UpstreamKey {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::int64_t group_id = 0;
    std::int64_t weight = 0;  // 0: the default weight of the data plane
    std::string name;
    std::string status;   // of the key itself, not of its group
    bool usable = false;  // may serve now: it and its group are active
};

class ProviderGroups {
public:
    explicit ProviderGroups(const Host& host)
        : service_(host.find_optional<ez_provider_groups_v1>("provider-groups/1")) {}

    /// Whether the plugin runs.
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(service_); }

    /// The groups that exist, in any order, as seen in `tx`.
    [[nodiscard]] std::vector<ProviderGroup> read(Tx& tx, const std::set<std::int64_t>& ids) const {
        std::vector<ProviderGroup> out;
        if (ids.empty()) return out;
        const std::vector<std::int64_t> wanted(ids.begin(), ids.end());
        service_.call<&ez_provider_groups_v1::read>(
            tx.handle(), wanted.data(), wanted.size(), &keep, static_cast<void*>(&out));
        return out;
    }

    /// The API keys of the groups, ordered by group and id, as seen in `tx`.
    [[nodiscard]] std::vector<UpstreamKey> keys(Tx& tx,
                                                const std::set<std::int64_t>& groups) const {
        std::vector<UpstreamKey> out;
        if (groups.empty()) return out;
        const std::vector<std::int64_t> wanted(groups.begin(), groups.end());
        service_.call<&ez_provider_groups_v1::api_keys>(
            tx.handle(), wanted.data(), wanted.size(), &keep_key, static_cast<void*>(&out));
        return out;
    }

    /// The API key with this id, as seen in `tx`; nullopt when there is none.
    [[nodiscard]] std::optional<UpstreamKey> key(Tx& tx, std::int64_t id) const {
        std::vector<UpstreamKey> out;
        service_.call<&ez_provider_groups_v1::api_key>(
            tx.handle(), id, &keep_key, static_cast<void*>(&out));
        if (out.empty()) return std::nullopt;
        return std::move(out.front());
    }

private:
    static ez_status keep(void* user, const ez_provider_group* given) noexcept {
        return guard(nullptr, [&] {
            const ez_provider_group group = taken(given, "provider group");
            ProviderGroup out{
                .id = group.id,
                .version = group.version,
                .name = std::string(view(group.name)),
                .status = std::string(view(group.status)),
                .models = {},
                .usable_keys = {group.usable_keys, group.usable_keys + group.usable_key_count}};
            out.models.reserve(group.model_count);
            for (size_t i = 0; i < group.model_count; ++i)
                out.models.emplace_back(view(group.models[i]));
            static_cast<std::vector<ProviderGroup>*>(user)->push_back(std::move(out));
        });
    }

    static ez_status keep_key(void* user, const ez_api_key* given) noexcept {
        return guard(nullptr, [&] {
            const ez_api_key key = taken(given, "API key");
            static_cast<std::vector<UpstreamKey>*>(user)->push_back(
                {.id = key.id,
                 .version = key.version,
                 .group_id = key.group_id,
                 .weight = key.weight,
                 .name = std::string(view(key.name)),
                 .status = std::string(view(key.status)),
                 .usable = key.usable != 0});
        });
    }

    Service<ez_provider_groups_v1> service_;
};

}  // namespace ezapi
