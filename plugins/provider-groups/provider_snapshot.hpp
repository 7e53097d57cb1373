// How an API key looks to the data plane: a "provider" of the hash config:providers.
//
// `group` is the route group. Bindings choose one, a provider group belongs to none, so it is
// always `default`, the name of the empty one. `status` is the key's own, or that of its group
// where the key is active. A key whose credentials cannot be decrypted is suspended and without
// credentials, whether it is rendered for a change or for a full push.
#pragma once

#include <cstdint>
#include <string_view>

#include "ezapi/changes.hpp"
#include "ezapi/log.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::provider_groups {

inline constexpr std::string_view kProviders = "config:providers";

/// Share of the traffic of an API key that has no other; left out of what the data plane reads.
inline constexpr std::int64_t kDefaultWeight = 1;

/// `ring` must outlive the projection.
[[nodiscard]] Projection provider_projection(const sealing::Keyring& ring, const Log& log);

}  // namespace ezapi::provider_groups
