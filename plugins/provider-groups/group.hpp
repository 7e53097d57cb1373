// Provider groups: an upstream service, its address and its models. A group decides where the
// credentials of its API keys are sent, so with keys in it that changes only by a confirmed write.
#pragma once

#include "ezapi/resource/resource.hpp"

namespace ezapi::provider_groups {

/// The control field of writes that send stored credentials to another place.
inline constexpr const char* kConfirm = "confirm_credentials";

[[nodiscard]] ResourceSpec group_spec();

}  // namespace ezapi::provider_groups
