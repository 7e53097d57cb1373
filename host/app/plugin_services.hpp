// The services of plugins that the HTTP server calls. EZ_NOT_FOUND when no plugin provides the
// service. Any thread.
#pragma once

#include <cstdint>

#include "ezapi/host_services.h"
#include "host/modules/services.hpp"

namespace ezapi::host::app {

/// "authenticator/1", of the plugin that owns the masters' credentials; see ez_authenticator_v1.
[[nodiscard]] ez_status authenticate(modules::Services& services,
                                     ez_str credential,
                                     ez_identity* out,
                                     ez_error* error);

/// "delivery/1", of the plugin that delivers changes to Redis; see ez_delivery_v1.
[[nodiscard]] ez_status await_delivery(modules::Services& services,
                                       int64_t revision,
                                       uint32_t timeout_ms,
                                       ez_delivery_fn fn,
                                       void* user,
                                       ez_error* error);

}  // namespace ezapi::host::app
