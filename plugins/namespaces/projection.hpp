// How the data plane sees a namespace: the field `name` of the hash config:namespaces.
#pragma once

#include <string_view>

#include "ezapi/changes.hpp"

namespace ezapi::namespaces {

inline constexpr std::string_view kProjection = "config:namespaces";

[[nodiscard]] Projection projection();

}  // namespace ezapi::namespaces
