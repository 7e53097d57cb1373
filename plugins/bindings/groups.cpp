#include "groups.hpp"

namespace ezapi::bindings {

Groups read_groups(Tx& tx, const ProviderGroups& service, const std::set<std::int64_t>& ids) {
    Groups out;
    for (ProviderGroup& group : service.read(tx, ids)) {
        out.try_emplace(group.id,
                        Group{.version = group.version,
                              .status = std::move(group.status),
                              .models = ModelIndex(std::move(group.models)),
                              .usable_keys = std::move(group.usable_keys),
                              .name = std::move(group.name)});
    }
    return out;
}

}  // namespace ezapi::bindings
