// The options of the HTTP server from the configuration.
#pragma once

#include "host/config/config.hpp"
#include "host/http/dispatch/server.hpp"

namespace ezapi::host::app {

/// Without the admin token and the callbacks, which the caller sets. Reads or creates the secret
/// that signs sessions; if that fails, it logs that sessions end with this process.
[[nodiscard]] http::ServerOptions server_options(const config::Config& config);

}  // namespace ezapi::host::app
