// The serving process: owns every component of the host, brings them up in the one order that works
// and takes them down in the reverse one.
//
//     setup -> admin token -> database and migrations -> plugins start -> routes live -> listening
//     -> jobs not ready -> no new connections -> drain -> plugins stop -> server, jobs, pools end
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/app/commands.hpp"
#include "host/app/health.hpp"
#include "host/app/main_loop.hpp"
#include "host/app/migration_targets.hpp"
#include "host/app/setup.hpp"
#include "host/changes/bus.hpp"
#include "host/changes/unaudited.hpp"
#include "host/db/pools.hpp"
#include "host/http/dispatch/server.hpp"
#include "host/http/policy/session_store.hpp"
#include "host/jobs/postgres_leases.hpp"
#include "host/jobs/scheduler.hpp"
#include "host/modules/context.hpp"
#include "host/modules/services.hpp"
#include "host/redis/client.hpp"
#include "host/telemetry/metrics.hpp"

namespace ezapi::host::app {

class Process {
public:
    explicit Process(const Invocation& invocation);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Serves until a signal; returns the exit code. Throws ezapi::Error for what fails while
    /// starting.
    int run();

    [[nodiscard]] bool has_plugin(std::string_view name) const;

    /// The command that a plugin offers; returns its exit code. Throws ezapi::Error for what fails
    /// before it. The database must be up to date: a look at it changes nothing.
    int run_plugin(const std::string& name, const std::vector<std::string>& arguments);

private:
    [[nodiscard]] bool refused() const;
    void make_components();
    void make_server(const std::string& admin_token);
    void migrate();
    void migrate_logs_later(MigrationTarget target);
    void require_migrated() const;
    int call_command(const std::string& name, const std::vector<std::string>& arguments);
    void add_host_jobs();
    void add_host_routes();
    void add_metrics();
    void watch_health();
    bool start_plugins();
    void announce() const;
    int shut_down();

    MainLoop loop_;
    telemetry::Metrics metrics_;
    std::string instance_;
    modules::Services services_;
    changes::Bus changes_;
    changes::Unaudited unaudited_{instance_};
    Components components_;
    // The order of construction is the order of dependence; destruction goes backwards.
    std::unique_ptr<Setup> setup_;
    std::unique_ptr<db::Pools> pools_;
    std::unique_ptr<redis::Client> redis_;
    std::unique_ptr<jobs::PostgresLeases> leases_;
    std::unique_ptr<jobs::Scheduler> scheduler_;
    std::unique_ptr<HealthMonitor> health_;
    std::unique_ptr<http::SessionStore> sessions_;
    std::unique_ptr<http::Server> server_;
    std::atomic<bool> ready_{false};
};

}  // namespace ezapi::host::app
