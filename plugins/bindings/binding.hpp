// One binding: maps a public model of a namespace to a provider group, for one route group.
#pragma once

#include <cstdint>
#include <string_view>

#include "ezapi/resource/resource.hpp"

namespace ezapi::bindings {

[[nodiscard]] ResourceSpec binding_spec();

/// The number of bindings that name the namespace.
[[nodiscard]] std::int64_t count_in_namespace(Tx& tx, std::string_view name);

}  // namespace ezapi::bindings
