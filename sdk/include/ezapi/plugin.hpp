// A plugin is a class: its constructor is `start`, its destructor is `stop`, lambdas are its routes
// and jobs, exceptions its errors. About thirty lines make one with a route, a job, a query and a
// Redis command:
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
// What the constructor throws is why the plugin did not start. When the destructor runs no callback
// is in flight and none will follow; every plugin that depends on this one is gone, every one that
// it depends on still runs.
#pragma once

#include "ezapi/host.hpp"

namespace ezapi {

/// What a plugin says of itself before any of its code runs.
struct PluginInfo {
    const char* name = nullptr;
    const char* version = nullptr;
    const char* depends_on[16] = {};  // must run before this one
    const char* after[16] = {};       // start before this one where they are enabled
    const char* settings = nullptr;   // JSON Schema of its settings
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

/// Stands once in a plugin, at namespace scope: the class and the members of PluginInfo.
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
