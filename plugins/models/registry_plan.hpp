// What a refresh would do: the registry's document held against what is stored.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "registry_document.hpp"

namespace ezapi::models {

struct StoredModel {
    RegistryModel model;
    bool manual = false;
};

using StoredModels = std::map<std::string, StoredModel, std::less<>>;

struct RegistryPlan {
    std::vector<const RegistryModel*> created;
    std::vector<const RegistryModel*> updated;
    std::vector<std::string> removed;
    size_t unchanged = 0;
    size_t kept = 0;           // not found, but where they would stand could not be read
    size_t manual = 0;         // left alone, because somebody has written them
    size_t registry_rows = 0;  // before the refresh
};

/// Manual models win. What the document could not tell of a model is filled in from what is stored.
/// The plan points into the document.
[[nodiscard]] RegistryPlan plan_refresh(RegistryDocument& document, const StoredModels& stored);

/// Throws 409 when more than half of the registry's models would go: that is rather a fault of the
/// document than a change of the world.
void refuse_mass_removal(const RegistryPlan& plan);

}  // namespace ezapi::models
