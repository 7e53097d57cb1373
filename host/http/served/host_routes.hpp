// The routes that the host itself serves: health, metrics, the plugins, sessions and the API's
// documentation. They are registered as owner "host" like those of any plugin; their data comes
// from functions, so that this folder does not depend on the components.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "host/http/dispatch/server.hpp"

namespace ezapi::host::http {

class SessionStore;

struct Health {
    bool serving = true;        // requests can be served
    std::string checks = "{}";  // JSON: {"database": {...}, "redis": {...}, ...}
};

struct HostServices {
    std::string name = "ezapi";
    std::string version;
    std::filesystem::path swagger_folder;  // of swagger-ui-dist
    std::function<Health()> health;        // may block briefly
    std::function<bool()> ready;  // started, not stopping, and able to serve; does not block
    std::function<std::string()> metrics;  // Prometheus text
    std::function<std::string()> plugins;  // JSON, see the API's "Plugins"
    /// "enable", "disable" or "reload"; returns the plugin's entry as JSON. Throws EZ_NOT_FOUND for
    /// an unknown plugin.
    std::function<std::string(std::string_view plugin, std::string_view action)> change_plugin;
    /// The value that `?confirm=` must have for this action; empty: none is needed. The function
    /// may be empty.
    std::function<std::string(std::string_view plugin, std::string_view action)> confirmation;
    /// Reports an action of the host to the plugins, including the operation log: EZ_CREATED,
    /// EZ_UPDATED or EZ_DELETED, a resource, an id, and JSON without credentials of the state after
    /// it, or of the state before a deletion. Throws when that cannot be recorded.
    std::function<void(
        int32_t action, std::string_view resource, std::string_view id, std::string_view what)>
        record;
    SessionStore* sessions = nullptr;  // NULL: sessions cannot be listed or revoked
    bool openapi_for_admins = false;   // only an admin may read the document
};

/// Stages them under owner "host"; `server` must outlive them. An empty function leaves its routes
/// out.
void add_host_routes(Server& server, HostServices services);

}  // namespace ezapi::host::http
