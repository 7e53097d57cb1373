// What public models lose when one upstream API key stops serving: some route groups everything,
// others an upstream among several. Models that it does not serve now lose nothing.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "candidate.hpp"

namespace ezapi::bindings {

enum class Outcome : unsigned char { untouched, reduced, lost };

struct Loss {
    std::string space;
    std::string public_model;
    std::set<std::string, std::less<>> route_groups;  // all that bindings of the model name
    std::set<std::string, std::less<>> lost;          // those that nothing serves any more
    std::set<std::string, std::less<>> reduced;       // those that have an upstream less
    bool served = false;                              // some route group still is

    [[nodiscard]] std::string name() const { return space + "." + public_model; }

    /// What tokens of a route group meet, which are routed by `default` where the model has no
    /// binding for theirs.
    [[nodiscard]] Outcome for_group(std::string_view group) const;
};

/// `candidates` are all of the models concerned, ordered by name; models of suspended namespaces
/// lose nothing. In the order of the candidates.
[[nodiscard]] std::vector<Loss> losses(std::span<const Candidate> candidates,
                                       const std::set<std::string>& suspended_namespaces,
                                       std::int64_t api_key);

}  // namespace ezapi::bindings
