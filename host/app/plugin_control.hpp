// The plugins in the admin API: listing and changing them.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::host {
namespace http {
class Server;
}

namespace changes {
class Bus;
}

namespace jobs {
class Scheduler;
}

namespace modules {
class Loader;
}
}  // namespace ezapi::host

namespace ezapi::host::app {

class MainLoop;

struct PluginControl {
    modules::Loader& loader;
    const jobs::Scheduler& scheduler;
    http::Server& server;
    MainLoop& loop;
    changes::Bus& bus;

    /// {"data": [...]}: every known plugin, with its jobs and the number of its routes.
    [[nodiscard]] std::string list() const;

    /// "enable", "disable" or "reload", done on the main thread; returns the plugin's entry.
    [[nodiscard]] std::string change(std::string_view plugin, std::string_view action) const;

    /// "audit" when the action stops a plugin that keeps the audit, directly or as a dependant;
    /// otherwise empty.
    [[nodiscard]] std::string confirmation(std::string_view plugin, std::string_view action) const;
};

}  // namespace ezapi::host::app
