// What public models lose when one upstream API key stops serving. A route group loses the model
// when the key was its only upstream, and is reduced when others remain. Models that the key does
// not serve now lose nothing.
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
    std::set<std::string, std::less<>> lost;          // those without any upstream left
    std::set<std::string, std::less<>> reduced;       // those with fewer upstreams
    bool served = false;                              // at least one route group still is

    [[nodiscard]] std::string name() const { return space + "." + public_model; }

    /// The outcome for tokens of a route group. They are routed by `default` when the model has no
    /// binding for their group.
    [[nodiscard]] Outcome for_group(std::string_view group) const;
};

/// `candidates` must contain all candidates of the models concerned, ordered by name. Models of
/// suspended namespaces lose nothing. Returns the losses in the order of the candidates.
[[nodiscard]] std::vector<Loss> losses(std::span<const Candidate> candidates,
                                       const std::set<std::string>& suspended_namespaces,
                                       std::int64_t api_key);

}  // namespace ezapi::bindings
