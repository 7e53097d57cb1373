// How the data plane sees the bindings of a public model: the field `namespace.public_model` of the
// hash config:bindings; absent when the model has no binding.
//
// The value is `suspended` when its namespace is suspended or all its bindings are. Its update time
// is that of the latest binding. The status of a candidate is that of its binding. A suspended
// group has no usable API key, so its candidates have the error `no_provider`; `config_error` takes
// precedence when the selector does not match exactly one model. A weight of 0 is omitted: the data
// plane applies its own default. Candidates are ordered by id.
#pragma once

#include <span>
#include <string_view>

#include "candidate.hpp"
#include "ezapi/changes.hpp"
#include "ezapi/services/namespaces.hpp"

namespace ezapi::bindings {

inline constexpr std::string_view kProjection = "config:bindings";

/// The value of the field, from all candidates of one public model.
[[nodiscard]] std::string snapshot_json(std::span<const Candidate> candidates,
                                        bool namespace_suspended);

/// Both must outlive the projection.
[[nodiscard]] Projection projection(const ProviderGroups& groups, const NamespaceWatch& namespaces);

}  // namespace ezapi::bindings
