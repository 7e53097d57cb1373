// What the configuration says of the HTTP server.
#pragma once

#include "host/config/config.hpp"
#include "host/http/dispatch/server.hpp"

namespace ezapi::host::app {

/// Without the admin token and what asks plugins: those are for whoever makes the server. Reads or
/// makes the secret that signs sessions; without it sessions end with the process, which is logged.
[[nodiscard]] http::ServerOptions server_options(const config::Config& config);

}  // namespace ezapi::host::app
