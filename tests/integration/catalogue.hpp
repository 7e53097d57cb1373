// Converts the models.dev catalogue to entities of this API: the type of the group for each
// provider, and the bindings.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ezapi::tests {

struct CatalogueGroup {
    std::string provider;
    nlohmann::json body;  // of POST /admin/provider-groups
    nlohmann::json key;   // of POST /admin/api-keys, without group_id
    std::vector<std::string> models;
    std::int64_t id = 0;
    std::int64_t key_id = 0;
};

struct Catalogue {
    std::vector<CatalogueGroup> groups;
    std::vector<std::string>
        left_out;  // providers without a base URL whose npm package maps to no type
    std::map<std::string, std::vector<size_t>> offers;  // model -> groups that have it

    /// Path of models.dev's api.json; empty when it is not available.
    [[nodiscard]] static std::string file();
    [[nodiscard]] static Catalogue load(const std::string& path);
};

/// One of the three selector types for `model`, chosen by `turn`; sometimes one that matches
/// several models.
[[nodiscard]] nlohmann::json selector(const std::string& model, size_t turn);

}  // namespace ezapi::tests
