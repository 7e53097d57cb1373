// What stands behind the ABI's opaque `ez_context`: which plugin calls, and the components that the
// tables of functions in host/api reach. The components are only forward-declared, so that this
// folder depends on none of them.
#pragma once

#include <string>

#include "ezapi/abi.h"

namespace ezapi::host {

namespace changes {
class Bus;
}

namespace db {
class Pools;
}

namespace http {
class Server;
}

namespace jobs {
class Scheduler;
}

namespace modules {
class Services;
}

namespace redis {
class Client;
}

namespace telemetry {
class Metrics;
}

/// The host's components, owned by the application; NULL only in tests that do not need one.
struct Components {
    telemetry::Metrics* metrics = nullptr;
    db::Pools* pools = nullptr;
    redis::Client* redis = nullptr;
    changes::Bus* changes = nullptr;
    jobs::Scheduler* jobs = nullptr;
    modules::Services* services = nullptr;
    http::Server* http = nullptr;
    std::string instance;
};

}  // namespace ezapi::host

/// One per started plugin, alive from before `start` until after `stop`.
struct ez_context {
    std::string plugin;    // also the owner under which everything is registered
    std::string settings;  // resolved settings as JSON
    const ezapi::host::Components* host = nullptr;
};
