#include "registry_plan.hpp"

#include "ezapi/error.hpp"

namespace ezapi::models {

RegistryPlan plan_refresh(RegistryDocument& document, const StoredModels& stored) {
    RegistryPlan plan;
    // Merges two lists sorted by name (bytewise) to find names that only one of them has.
    auto at = stored.begin();
    const auto gone_before = [&](const std::string* name) {
        for (; at != stored.end() && (name == nullptr || at->first < *name); ++at) {
            if (at->second.manual) continue;
            ++plan.registry_rows;
            if (document.may_have(at->first)) {
                ++plan.kept;
            } else {
                plan.removed.push_back(at->first);
            }
        }
    };
    for (RegistryModel& model : document.models) {
        gone_before(&model.name);
        if (at == stored.end() || at->first != model.name) {
            plan.created.push_back(&model);
            continue;
        }
        const StoredModel& held = (at++)->second;
        if (held.manual) {
            ++plan.manual;
            continue;
        }
        ++plan.registry_rows;
        model.keep_unread(held.model);
        if (held.model == model) {
            ++plan.unchanged;
        } else {
            plan.updated.push_back(&model);
        }
    }
    gone_before(nullptr);
    return plan;
}

void refuse_mass_removal(const RegistryPlan& plan) {
    if (plan.removed.size() * 2 <= plan.registry_rows) return;
    throw Error(EZ_CONFLICT,
                "the registry's document would remove " + std::to_string(plan.removed.size()) +
                    " of " + std::to_string(plan.registry_rows) +
                    " models, which is more than half; nothing was changed. If that is right, "
                    "refresh with force=true")
        .with_code("would_remove_most");
}

}  // namespace ezapi::models
