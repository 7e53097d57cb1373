// API keys: the credentials of a provider group's upstream. The body's credentials are sealed
// together (see credentials.hpp); the columns that the API shows hold their masks.
#pragma once

#include "ezapi/resource/resource.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::provider_groups {

/// `ring` must outlive the resource.
[[nodiscard]] ResourceSpec api_key_spec(const sealing::Keyring& ring);

}  // namespace ezapi::provider_groups
