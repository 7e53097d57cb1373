// A plugin is a class. Its constructor starts the plugin and registers routes and jobs, its
// destructor stops it, and errors are exceptions. A plugin with a route, a job and a query:
//
//     class Hello {
//     public:
//         explicit Hello(ezapi::Host& host) : db_(host.db()) {
//             host.get("/hello/{name}", Access::admin,
//                      Operation("Greets").path("name", text_schema()).returns(200),
//                      [](const Request& request) {
//                          const std::string name(request.param("name"));
//                          return Response::json({{"text", "Hello, " + name}});
//                      });
//             host.every("purge", 1h, Scope::cluster,
//                        [this](const Run&) { db_.query("DELETE FROM greetings"); });
//         }
//
//     private:
//         Db db_;
//     };
//     EZ_PLUGIN(Hello, .name = "hello", .version = "1.0.0", .depends_on = {"masters"});
//
// When the constructor throws, the plugin is not started and the message is shown to the operator.
// The destructor runs after all callbacks have returned, and none is called afterwards. By then the
// plugins that depend on this one have stopped; those that it depends on still run.
#pragma once

#include "ezapi/host.hpp"

namespace ezapi {

/// The plugin's descriptor. The host checks it before it runs any code of the plugin.
struct PluginInfo {
    const char* name = nullptr;  // [a-z][a-z0-9-]{0,62}, the name of the file without .so
    const char* version = nullptr;
    const char* depends_on[16] = {};  // must run before this one starts; at most 15
    const char* after[16] = {};       // start before this one if they are enabled; at most 15
    const char* settings = nullptr;   // JSON Schema of the settings, see sdk/README.md
};

namespace detail {

template <class Plugin>
struct PluginInstance {
    explicit PluginInstance(const ez_host* abi) : host(abi), plugin(host) {}

    Host host;
    Plugin plugin;
};

template <class Plugin>
ez_status start_plugin(const ez_host* abi, void** self, ez_error* error) noexcept {
    return guard(error, [&] { *self = new PluginInstance<Plugin>(abi); });
}

template <class Plugin>
void stop_plugin(void* self) noexcept {
    delete static_cast<PluginInstance<Plugin>*>(self);
}

}  // namespace detail
}  // namespace ezapi

/// Defines the symbol that the host looks for. Write it once in a plugin, at namespace scope: the
/// class, then the members of PluginInfo.
#define EZ_PLUGIN(Class, ...)                                                          \
    static constexpr ezapi::PluginInfo kEzPluginInfo{__VA_ARGS__};                     \
    extern "C" const ez_plugin ezapi_plugin_v1 = {sizeof(ez_plugin),                   \
                                                  EZ_ABI_MAJOR,                        \
                                                  EZ_ABI_MINOR,                        \
                                                  kEzPluginInfo.name,                  \
                                                  kEzPluginInfo.version,               \
                                                  kEzPluginInfo.depends_on,            \
                                                  kEzPluginInfo.after,                 \
                                                  kEzPluginInfo.settings,              \
                                                  &ezapi::detail::start_plugin<Class>, \
                                                  &ezapi::detail::stop_plugin<Class>}
