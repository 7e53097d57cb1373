// One binding: a public model of a namespace, served by a provider group to one route group.
#pragma once

#include <cstdint>
#include <string_view>

#include "ezapi/resource/resource.hpp"

namespace ezapi::bindings {

[[nodiscard]] ResourceSpec binding_spec();

/// How many bindings name a namespace.
[[nodiscard]] std::int64_t count_in_namespace(Tx& tx, std::string_view name);

}  // namespace ezapi::bindings
