// How a public model's bindings look to the data plane: field `namespace.public_model` of the hash
// config:bindings, absent when it has no binding.
//
// The whole is `suspended` when its namespace is, or when all of its bindings are; it was updated
// when the latest of its bindings was. A candidate's status is its binding's own. A suspended group
// has no usable API key, so its candidates are there with the error `no_provider`; where the
// selector finds no one model, `config_error` is told first. A weight of 0 is left out: the data
// plane's own applies. Candidates stand in the order of their ids.
#pragma once

#include <span>
#include <string_view>

#include "candidate.hpp"
#include "ezapi/changes.hpp"
#include "ezapi/services/namespaces.hpp"

namespace ezapi::bindings {

inline constexpr std::string_view kProjection = "config:bindings";

/// The value of a field, from all candidates of one public model.
[[nodiscard]] std::string snapshot_json(std::span<const Candidate> candidates,
                                        bool namespace_suspended);

/// Both must outlive the projection.
[[nodiscard]] Projection projection(const ProviderGroups& groups, const NamespaceWatch& namespaces);

}  // namespace ezapi::bindings
