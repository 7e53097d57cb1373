// API keys: the credentials for a provider group's upstream. The credentials in a body are
// encrypted together (see credentials.hpp); the columns that the API returns hold masks.
#pragma once

#include "ezapi/resource/resource.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::provider_groups {

/// `ring` must outlive the resource.
[[nodiscard]] ResourceSpec api_key_spec(const sealing::Keyring& ring);

}  // namespace ezapi::provider_groups
