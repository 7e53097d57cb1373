// The serving process: owns every component of the host, starts them in order of dependence and
// stops them in the reverse order.
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

    /// Serves until a signal; returns the exit code. Throws ezapi::Error when the start fails.
    int run();

    [[nodiscard]] bool has_plugin(std::string_view name) const;

    /// Runs the command of a plugin; returns its exit code. Throws ezapi::Error when the start
    /// fails. The database must be up to date; it is not migrated.
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
    // In order of dependence, so that destruction goes in the reverse order.
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
