#include "groups.hpp"

namespace ezapi::bindings {

namespace {

ez_status take(void* user, const ez_provider_group* given) noexcept {
    return guard(nullptr, [&] {
        const ez_provider_group group = taken(given, "provider group");
        std::vector<std::string> models;
        models.reserve(group.model_count);
        for (size_t i = 0; i < group.model_count; ++i) models.emplace_back(view(group.models[i]));
        static_cast<Groups*>(user)->try_emplace(
            group.id,
            Group{group.version,
                  std::string(view(group.status)),
                  ModelIndex(std::move(models)),
                  {group.usable_keys, group.usable_keys + group.usable_key_count},
                  std::string(view(group.name))});
    });
}

ez_status take_key(void* user, const ez_api_key* given) noexcept {
    return guard(nullptr, [&] {
        const ez_api_key key = taken(given, "API key");
        static_cast<std::vector<ApiKey>*>(user)->push_back({key.id,
                                                            key.version,
                                                            key.group_id,
                                                            key.weight,
                                                            std::string(view(key.name)),
                                                            std::string(view(key.status)),
                                                            key.usable != 0});
    });
}

}  // namespace

Groups GroupReader::read(Tx& tx, const std::set<std::int64_t>& ids) const {
    Groups out;
    if (ids.empty()) return out;
    const std::vector<std::int64_t> wanted(ids.begin(), ids.end());
    service_.call<&ez_provider_groups_v1::read>(
        tx.handle(), wanted.data(), wanted.size(), &take, static_cast<void*>(&out));
    return out;
}

std::vector<ApiKey> GroupReader::api_keys(Tx& tx, const std::set<std::int64_t>& groups) const {
    std::vector<ApiKey> out;
    if (groups.empty()) return out;
    const std::vector<std::int64_t> wanted(groups.begin(), groups.end());
    service_.call<&ez_provider_groups_v1::api_keys>(
        tx.handle(), wanted.data(), wanted.size(), &take_key, static_cast<void*>(&out));
    return out;
}

std::optional<ApiKey> GroupReader::api_key(Tx& tx, std::int64_t id) const {
    std::vector<ApiKey> out;
    service_.call<&ez_provider_groups_v1::api_key>(
        tx.handle(), id, &take_key, static_cast<void*>(&out));
    if (out.empty()) return std::nullopt;
    return std::move(out.front());
}

}  // namespace ezapi::bindings
