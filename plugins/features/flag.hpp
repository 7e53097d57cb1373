// One feature flag: its fields and the rules for writing it.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/resource/resource.hpp"

namespace ezapi::features {

/// What is wrong with a flag's name; empty when it is valid.
[[nodiscard]] std::string name_fault(std::string_view name);

[[nodiscard]] ResourceSpec flag_spec();

}  // namespace ezapi::features
