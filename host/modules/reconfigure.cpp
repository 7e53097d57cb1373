// Enabling, disabling and reloading a plugin while the others run: it stops with its dependants,
// and those of them that are wanted start again.
#include <algorithm>
#include <string>

#include "ezapi/error.hpp"
#include "host/modules/loaded_plugin.hpp"
#include "host/modules/loader.hpp"

namespace ezapi::host::modules {

Loader::Names Loader::with_dependants(std::string_view name) const {
    Names names{std::string(name)};
    for (size_t before = 0; before != names.size();) {
        before = names.size();
        for (const auto& [other, plugin] : plugins_) {
            const auto providers = plugin->providers();
            const bool depends =
                std::any_of(providers.begin(), providers.end(), [&](const std::string& provider) {
                    return names.contains(provider);
                });
            if (depends) names.insert(other);
        }
    }
    return names;
}

/// Opens (again) and starts those of `names` that are wanted and can start.
void Loader::bring_up(const Names& names) {
    for (const std::string& name : names) {
        Plugin& plugin = *plugins_.at(name);
        if (!plugin.wanted || plugin.runs() || plugin.stuck) continue;
        open_one(plugin);
        if (plugin.state == State::kFailed || !host_.migrate) continue;
        ez_error error{};
        if (guard(&error, [&] { host_.migrate(name); }) != EZ_OK) {
            fail(plugin, std::string("migration failed: ") + error.message);
        }
    }
    start_these(names);
}

Loader::Plugin& Loader::require(std::string_view name) {
    find_files();
    const auto found = plugins_.find(name);
    if (found == plugins_.end())
        throw Error(EZ_NOT_FOUND, "there is no plugin '" + std::string(name) + "'");
    if (found->second->stuck) {
        throw Error(EZ_CONFLICT, "plugin " + std::string(name) + ": " + found->second->error);
    }
    return *found->second;
}

void Loader::enable(std::string_view name) {
    Plugin& plugin = require(name);
    if (plugin.runs()) return;
    plugin.wanted = true;
    // Opened first: only then is it known who depends on it and whether it can start at all.
    open_one(plugin);
    if (plugin.state != State::kFailed) {
        if (const auto why = unmet(plugin, /*running=*/true)) fail(plugin, *why);
    }
    if (plugin.state != State::kFailed) {
        const Names names = with_dependants(name);
        stop_these(names);
        bring_up(names);
    }
    if (!plugin.runs())
        throw Error(EZ_CONFLICT, "plugin " + plugin.name + ": " + plugin.error)
            .with_code("plugin_failed");
}

void Loader::disable(std::string_view name) {
    Plugin& plugin = require(name);
    const Names names = with_dependants(name);
    plugin.wanted = false;
    const bool stopped = stop_these(names);
    if (!plugin.stuck) set_state(plugin, State::kDisabled);
    bring_up(names);
    if (!stopped && plugin.stuck) {
        throw Error(EZ_CONFLICT, "plugin " + plugin.name + ": " + plugin.error)
            .with_code("plugin_busy");
    }
}

void Loader::reload(std::string_view name) {
    Plugin& plugin = require(name);
    if (!plugin.wanted) {
        throw Error(EZ_CONFLICT, "plugin " + plugin.name + ": is not enabled")
            .with_code("plugin_disabled");
    }
    const Names names = with_dependants(name);
    stop_these(names);
    bring_up(names);
    if (!plugin.runs())
        throw Error(EZ_CONFLICT, "plugin " + plugin.name + ": " + plugin.error)
            .with_code("plugin_failed");
}

}  // namespace ezapi::host::modules
