// Provider groups: an upstream service, its address and its models. The group decides where the
// credentials of its API keys are sent. Once it has keys, a change of the destination must be
// confirmed.
#pragma once

#include "ezapi/resource/resource.hpp"

namespace ezapi::provider_groups {

/// The control field that confirms a write which redirects stored credentials.
inline constexpr const char* kConfirm = "confirm_credentials";

[[nodiscard]] ResourceSpec group_spec();

}  // namespace ezapi::provider_groups
