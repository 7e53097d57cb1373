// How the data plane sees an API key: a "provider" in the hash config:providers.
//
// `group` is the route group. Bindings choose the route group and a provider group has none, so it
// is always `default`, which stands for the empty one. `status` is that of the key or, when the key
// is active, that of its group. A key whose credentials cannot be decrypted is rendered as
// suspended and without credentials, for a change and for a full push alike.
#pragma once

#include <cstdint>
#include <string_view>

#include "ezapi/changes.hpp"
#include "ezapi/log.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::provider_groups {

inline constexpr std::string_view kProviders = "config:providers";

/// The weight of an API key that sets none; omitted from what the data plane reads.
inline constexpr std::int64_t kDefaultWeight = 1;

/// `ring` must outlive the projection.
[[nodiscard]] Projection provider_projection(const sealing::Keyring& ring, const Log& log);

}  // namespace ezapi::provider_groups
