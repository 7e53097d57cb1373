// How the data plane sees a flag: the field `name` of the hash meta:features.
#pragma once

#include <string_view>

#include "ezapi/changes.hpp"

namespace ezapi::features {

inline constexpr std::string_view kProjection = "meta:features";

[[nodiscard]] Projection projection();

}  // namespace ezapi::features
