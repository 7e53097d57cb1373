// Compares the registry's document with what is stored: the changes of a refresh.
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
    size_t kept = 0;           // not found, but possibly in a part that could not be parsed
    size_t manual = 0;         // left alone, because they were written through the API
    size_t registry_rows = 0;  // before the refresh
};

/// Manual models take precedence. What could not be parsed of a model is filled in from the stored
/// one. The plan refers to the document.
[[nodiscard]] RegistryPlan plan_refresh(RegistryDocument& document, const StoredModels& stored);

/// Throws 409 when more than half of the registry's models would be removed: that is more likely an
/// error in the document than an actual change.
void refuse_mass_removal(const RegistryPlan& plan);

}  // namespace ezapi::models
