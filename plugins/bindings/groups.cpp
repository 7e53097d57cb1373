#include "groups.hpp"

namespace ezapi::bindings {

namespace {

ez_status take(void* user, const ez_provider_group* group) noexcept {
    return guard(nullptr, [&] {
        std::vector<std::string> models;
        models.reserve(group->model_count);
        for (size_t i = 0; i < group->model_count; ++i) models.emplace_back(view(group->models[i]));
        static_cast<Groups*>(user)->try_emplace(
            group->id,
            Group{group->version,
                  std::string(view(group->status)),
                  ModelIndex(std::move(models)),
                  {group->usable_keys, group->usable_keys + group->usable_key_count}});
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

}  // namespace ezapi::bindings
