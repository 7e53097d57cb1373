// Ends temporary bans: an API key whose ban_until has passed becomes active again.
#pragma once

#include "ezapi/plugin.hpp"
#include "ezapi/resource/resource.hpp"

namespace ezapi::provider_groups {

/// Registers the job. `api_keys` must outlive it.
void end_bans_in_time(Host& host, const Resource& api_keys);

}  // namespace ezapi::provider_groups
