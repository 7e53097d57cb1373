// The models.dev catalogue as this API's entities: which provider becomes a group of which type,
// and what is bound to what.
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
        left_out;  // providers without an API base whose npm package tells no type of ours
    std::map<std::string, std::vector<size_t>> offers;  // model -> groups that have it

    /// Path of models.dev's api.json; empty where there is none.
    [[nodiscard]] static std::string file();
    [[nodiscard]] static Catalogue load(const std::string& path);
};

/// One of the three ways to name `model`, chosen by `turn`; now and then one that several models
/// answer to.
[[nodiscard]] nlohmann::json selector(const std::string& model, size_t turn);

}  // namespace ezapi::tests
