#include "host/app/server_options.hpp"

#include <string>
#include <vector>

#include "ezapi/error.hpp"
#include "host/config/kept_secret.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::app {

namespace {

/// Stored like the admin token, so that sessions outlive a restart.
std::string session_secret_of(const config::Config& config) {
    if (const std::string& secret = config.text("auth.jwt_secret"); !secret.empty()) return secret;
    try {
        return config::load_or_create_secret(config.text("server.state_dir"),
                                             config::kSessionSecretFile)
            .token;
    } catch (const Error& error) {
        telemetry::log(EZ_LOG_WARN,
                       "host",
                       std::string("admin sessions end with this process: ") + error.what());
        return {};
    }
}

std::string joined(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
    return out;
}

}  // namespace

http::ServerOptions server_options(const config::Config& config) {
    http::ServerOptions out;
    out.address = config.text("server.address");
    out.port = static_cast<uint16_t>(config.integer("server.port"));
    out.io_threads = static_cast<int>(config.integer("server.io_threads"));
    out.workers = static_cast<size_t>(config.integer("server.workers"));
    out.queue = static_cast<size_t>(config.integer("server.queue"));
    out.max_connections = static_cast<size_t>(config.integer("server.max_connections"));
    out.max_connections_per_client =
        static_cast<size_t>(config.integer("server.max_connections_per_client"));
    out.max_buffered_bytes = config.integer("server.max_buffered_bytes");
    out.limits.head_bytes = static_cast<size_t>(config.integer("server.max_header_bytes"));
    out.limits.body_bytes = static_cast<uint64_t>(config.integer("server.max_body_bytes"));
    out.timeouts.head = config.milliseconds("server.header_timeout_ms");
    out.timeouts.body = config.milliseconds("server.body_timeout_ms");
    out.timeouts.serve = config.milliseconds("server.answer_timeout_ms");
    out.timeouts.write = config.milliseconds("server.send_timeout_ms");
    out.timeouts.idle = config.seconds("server.keepalive_seconds");
    out.cors_origins = joined(config.list("cors.allow_origins"));
    out.trusted_proxies = config.list("server.trusted_proxies");
    out.access.internal_token = config.text("auth.internal_stats_token");
    out.access.jwt_secret = session_secret_of(config);
    return out;
}

}  // namespace ezapi::host::app
