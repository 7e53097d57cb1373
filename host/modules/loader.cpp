#include "host/modules/loader.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/error.hpp"
#include "ezapi/str.hpp"
#include "host/modules/loaded_plugin.hpp"
#include "host/modules/order.hpp"
#include "host/modules/search.hpp"
#include "host/modules/services.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/redact.hpp"

namespace ezapi::host::modules {

std::string_view to_text(State state) noexcept {
    switch (state) {
        case State::kRunning:
            return "running";
        case State::kFailed:
            return "failed";
        case State::kStopping:
            return "stopping";
        default:
            return "disabled";
    }
}

Loader::Loader(LoaderOptions options) : options_(std::move(options)) {}

Loader::~Loader() = default;

void Loader::set_state(Plugin& plugin, State state, const std::string& error) {
    const std::scoped_lock lock(mutex_);
    plugin.state = state;
    plugin.error = telemetry::redact(error);  // the plugin's message, shown to operators
}

void Loader::fail(Plugin& plugin, const std::string& why) {
    // At the start the caller reports all failures together.
    if (serving_) telemetry::log(EZ_LOG_ERROR, "plugins", "plugin " + plugin.name + ": " + why);
    set_state(plugin, State::kFailed, why);
}

void Loader::find_files() {
    const auto files = find_plugin_files(options_.directories);
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, file] : files) {
        auto& plugin = plugins_[name];
        if (!plugin) plugin = std::make_unique<Plugin>();
        plugin->name = name;
        if (!plugin->library) plugin->file = file;
    }
}

void Loader::open(const std::map<std::string, Wish, std::less<>>& wishes, bool all_when_unnamed) {
    find_files();
    for (const auto& [name, wish] : wishes) {
        const std::scoped_lock lock(mutex_);
        auto& plugin = plugins_[name];
        if (!plugin) plugin = std::make_unique<Plugin>();
        plugin->name = name;
        plugin->wanted = wish.enabled;
        plugin->required = wish.required;
    }
    for (const auto& [name, plugin] : plugins_) {
        if (all_when_unnamed && !wishes.contains(name)) plugin->wanted = true;
        if (plugin->wanted) open_one(*plugin);
    }
    Names all;
    for (const auto& [name, plugin] : plugins_) all.insert(name);
    static_cast<void>(ordered(all));
}

void Loader::open_one(Plugin& plugin) {
    ez_error error{};
    const ez_status status = guard(&error, [&] {
        if (!is_plugin_name(plugin.name)) {
            throw Error(EZ_INVALID, "has a bad name: expected [a-z][a-z0-9-]{0,62}");
        }
        if (plugin.file.empty()) {
            std::string places;
            for (const std::string& place : options_.directories)
                places += (places.empty() ? "" : ", ") + place;
            throw Error(EZ_NOT_FOUND, "there is no " + plugin.name + ".so in " + places);
        }
        if (!plugin.library) {
            Library library = Library::open(plugin.file);
            const std::scoped_lock lock(mutex_);
            plugin.library = std::move(library);
        }
        plugin.settings = options_.settings ? options_.settings(*plugin.library) : "{}";
        set_state(plugin, State::kDisabled);
    });
    if (status != EZ_OK) {
        const std::string where = plugin.file.empty() ? "" : plugin.file.string() + " ";
        fail(plugin, where + error.message);
    }
}

/// Why a plugin cannot start. With `running` its providers must run by now, otherwise they must be
/// able to.
std::optional<std::string> Loader::unmet(const Plugin& plugin, bool running) const {
    for (const std::string& name : plugin.library->depends_on()) {
        const std::string needs = "needs plugin " + name + ", which ";
        const auto found = plugins_.find(name);
        if (found == plugins_.end()) return needs + "is not there";
        const Plugin& provider = *found->second;
        if (provider.state == State::kFailed) return needs + "failed: " + provider.error;
        if (!provider.wanted && !provider.runs()) return needs + "is not enabled";
        if (running && !provider.runs()) return needs + "does not run";
    }
    return std::nullopt;
}

/// Those of `names` that are wanted, not running and able to start, providers first. The others get
/// the reason why they cannot.
std::vector<Loader::Plugin*> Loader::ordered(const Names& names) {
    std::vector<Node> nodes;
    for (const std::string& name : names) {
        const Plugin& plugin = *plugins_.at(name);
        const bool candidate =
            plugin.wanted && plugin.library && plugin.state == State::kDisabled && !plugin.stuck;
        if (candidate) nodes.push_back({name, plugin.providers()});
    }
    const Order order = modules::start_order(nodes);
    for (const auto& cycle : order.cycles) {
        for (const std::string& name : cycle) {
            fail(*plugins_.at(name), "is part of a dependency cycle: " + cycle_text(cycle));
        }
    }
    std::vector<Plugin*> out;
    for (const std::string& name : order.names) {
        Plugin& plugin = *plugins_.at(name);
        if (const auto why = unmet(plugin, /*running=*/false)) {
            fail(plugin, *why);
        } else {
            out.push_back(&plugin);
        }
    }
    // Dependent on a cycle: neither in it nor in the order.
    for (const Node& node : nodes) {
        Plugin& plugin = *plugins_.at(node.name);
        const bool placed =
            std::find(order.names.begin(), order.names.end(), node.name) != order.names.end();
        if (placed || plugin.state == State::kFailed) continue;
        fail(plugin,
             unmet(plugin, /*running=*/true)
                 .value_or("starts after a plugin in a dependency cycle"));
    }
    return out;
}

std::vector<std::string> Loader::start_order() const {
    std::vector<Node> nodes;
    for (const auto& [name, plugin] : plugins_) {
        if (plugin->wanted && plugin->library && plugin->state == State::kDisabled) {
            nodes.push_back({name, plugin->providers()});
        }
    }
    return modules::start_order(nodes).names;
}

bool Loader::all_opened() const {
    return std::all_of(plugins_.begin(), plugins_.end(), [](const auto& item) {
        return item.second->library.has_value();
    });
}

void Loader::attach(Attachment host) {
    host_ = std::move(host);
}

void Loader::start() {
    Names all;
    for (const auto& [name, plugin] : plugins_) all.insert(name);
    start_these(all);
    serving_ = true;
}

void Loader::start_these(const Names& names) {
    std::vector<Plugin*> live;
    for (Plugin* plugin : ordered(names)) {
        if (start_one(*plugin)) live.push_back(plugin);
    }
    // In the reverse order of stopping: no request or job of these plugins runs before the
    // subscribers of all of them are active.
    for (auto registry = host_.registries.rbegin(); registry != host_.registries.rend(); ++registry)
        for (const Plugin* plugin : live) (*registry)->activate(plugin->name);
    for (Plugin* plugin : live) {
        set_state(*plugin, State::kRunning);
        telemetry::log(EZ_LOG_INFO,
                       "plugins",
                       "plugin " + plugin->name + " " + plugin->library->version() + " runs");
    }
}

bool Loader::start_one(Plugin& plugin) {
    // A provider that started a moment ago is in started_, though not yet live.
    for (const std::string& name : plugin.library->depends_on()) {
        const Plugin& provider = *plugins_.at(name);
        if (provider.state != State::kFailed) continue;
        fail(plugin, "needs plugin " + name + ", which failed: " + provider.error);
        return false;
    }
    plugin.context = std::make_unique<ez_context>();
    plugin.context->plugin = plugin.name;
    plugin.context->settings = plugin.settings;
    plugin.context->host = host_.components;
    plugin.host = host_.tables;
    plugin.host.context = plugin.context.get();
    plugin.self = nullptr;
    if (host_.services != nullptr) host_.services->declare(plugin.name, plugin.providers());

    ez_error error{};
    const ez_status status = plugin.library->descriptor().start(&plugin.host, &plugin.self, &error);
    if (status == EZ_OK) {
        started_.push_back(&plugin);
        return true;
    }
    for (Registry* registry : host_.registries) registry->discard(plugin.name);
    error.message[sizeof(error.message) - 1] = '\0';
    const std::string words = error.message[0] == '\0' ? "it gave no reason" : error.message;
    fail(plugin, "failed to start: " + words);
    plugin.context.reset();
    return false;
}

bool Loader::stop() {
    Names all;
    for (const auto& [name, plugin] : plugins_) all.insert(name);
    return stop_these(all);
}

bool Loader::stop_these(const Names& names) {
    bool clean = true;
    const std::vector<Plugin*> running = started_;
    for (auto plugin = running.rbegin(); plugin != running.rend(); ++plugin) {
        if (names.contains((*plugin)->name)) clean = stop_one(**plugin) && clean;
    }
    return clean;
}

bool Loader::stop_one(Plugin& plugin) {
    set_state(plugin, State::kStopping);
    const auto deadline = std::chrono::steady_clock::now() + host_.stop_limit;
    bool idle = true;
    for (Registry* registry : host_.registries)
        idle = registry->retire(plugin.name, deadline) && idle;
    std::erase(started_, &plugin);
    if (!idle) {
        plugin.stuck = true;
        fail(plugin,
             "did not stop within " + std::to_string(host_.stop_limit.count()) +
                 " ms: it is still busy and stays in memory until the process ends");
        return false;
    }
    plugin.library->descriptor().stop(plugin.self);
    for (Registry* registry : host_.registries) registry->discard(plugin.name);
    plugin.self = nullptr;
    plugin.context.reset();
    set_state(plugin, State::kDisabled);
    telemetry::log(EZ_LOG_INFO, "plugins", "plugin " + plugin.name + " stopped");
    return true;
}

std::vector<std::string> Loader::failures(bool required) const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, plugin] : plugins_) {
        if (plugin->state == State::kFailed && plugin->required == required) {
            out.push_back("plugin " + name + ": " + plugin->error);
        }
    }
    return out;
}

std::vector<PluginReport> Loader::report() const {
    const std::scoped_lock lock(mutex_);
    std::vector<PluginReport> out;
    for (const auto& [name, plugin] : plugins_) {
        PluginReport line;
        line.name = name;
        line.state = plugin->state;
        line.error = plugin->error;
        line.file = plugin->file.string();
        line.required = plugin->required;
        if (plugin->library) {
            line.version = plugin->library->version();
            line.abi = plugin->library->abi();
            line.depends_on = plugin->library->depends_on();
        }
        out.push_back(std::move(line));
    }
    return out;
}

}  // namespace ezapi::host::modules
