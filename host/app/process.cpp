#include "host/app/process.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "ezapi/host_services.h"
#include "ezapi/str.hpp"
#include "host/api/tables.hpp"
#include "host/app/database.hpp"
#include "host/app/health_report.hpp"
#include "host/app/paths.hpp"
#include "host/app/plugin_control.hpp"
#include "host/app/plugin_services.hpp"
#include "host/app/probes.hpp"
#include "host/app/server_options.hpp"
#include "host/config/kept_secret.hpp"
#include "host/http/policy/idempotency.hpp"
#include "host/http/served/host_routes.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/process_metrics.hpp"

namespace ezapi::host::app {
namespace {

constexpr const char* kOwner = "host";
constexpr std::chrono::minutes kPurgePeriod{10};
constexpr std::chrono::seconds kRevokedPeriod{5};
constexpr std::chrono::seconds kMigratePeriod{5};
constexpr std::chrono::seconds kFirstProbe{2};
/// How often the health probes write.
constexpr std::chrono::seconds kProbeWrites{10};

void say(int32_t level, const std::string& text) {
    telemetry::log(level, kOwner, text);
}

/// Unique for each process: host, pid, and random digits, because containers often have pid 1.
std::string make_instance() {
    std::array<char, 64> name{};
    ::gethostname(name.data(), name.size() - 1);
    return std::string(name.data()) + "-" + std::to_string(::getpid()) + "-" + random_hex(4);
}

std::string admin_token_of(const config::Config& config) {
    if (const std::string& token = config.text("auth.admin_token"); !token.empty()) return token;
    const config::KeptSecret kept =
        config::load_or_create_secret(config.text("server.state_dir"), config::kAdminTokenFile);
    say(EZ_LOG_INFO,
        std::string(kept.created ? "made an admin token, kept in " : "the admin token is in ") +
            std::filesystem::absolute(kept.file).lexically_normal().string());
    return kept.token;
}

}  // namespace

Process::Process(const Invocation& invocation) : instance_(make_instance()) {
    setup_ = std::make_unique<Setup>(invocation);
}

Process::~Process() {
    if (server_) static_cast<void>(shut_down());
}

int Process::run() {
    const config::Config& config = setup_->config();
    for (const std::string& warning : setup_->warnings()) say(EZ_LOG_WARN, warning);
    if (refused()) return kRefused;
    const std::string admin_token = admin_token_of(config);
    wait_for_database("postgres.dsn",
                      config.text("postgres.dsn"),
                      config.seconds("postgres.start_wait_seconds"),
                      loop_);
    make_components();
    migrate();
    make_server(admin_token);
    add_host_jobs();
    add_host_routes();
    add_metrics();
    if (!start_plugins()) return kRefused;
    sessions_->refresh();  // before the first request, so that revoked sessions are refused
    server_->start();
    scheduler_->start();
    health_->await_first(kFirstProbe);
    ready_ = true;
    announce();
    loop_.run();
    return shut_down();
}

bool Process::has_plugin(std::string_view name) const {
    const auto plugins = setup_->loader().report();
    return std::any_of(plugins.begin(), plugins.end(), [&](const auto& plugin) {
        return plugin.name == name && !plugin.version.empty();
    });
}

int Process::run_plugin(const std::string& name, const std::vector<std::string>& arguments) {
    if (refused()) return kRefused;
    const config::Config& config = setup_->config();
    // Only the command's own output is wanted, not log lines about the start of plugins.
    if (config.source("log.level") == "default") telemetry::set_level(EZ_LOG_WARN);
    wait_for_database("postgres.dsn",
                      config.text("postgres.dsn"),
                      config.seconds("postgres.start_wait_seconds"),
                      loop_);
    make_components();
    require_migrated();
    make_server({});  // takes the plugins' routes; it is never started
    if (!start_plugins()) return kRefused;
    return call_command(name, arguments);
}

void Process::require_migrated() const {
    const MigrationTarget main =
        migration_targets(setup_->config(), setup_->migration_modules()).front();
    const auto entries = db::Migrations(main.options).status(main.modules);
    for (const db::MigrationEntry& entry : entries) {
        if (entry.state == db::MigrationState::pending)
            throw Error(EZ_CONFLICT,
                        "the database is not up to date: migration " + entry.name + " of " +
                            entry.module + " is missing; run ezapi migrate");
    }
}

int Process::call_command(const std::string& name, const std::vector<std::string>& arguments) {
    const auto pin = services_.use("command." + name + "/1");
    if (!pin) {
        say(EZ_LOG_ERROR, "plugin " + name + " offers no command");
        return kUsage;
    }
    std::vector<ez_str> words;
    words.reserve(arguments.size());
    for (const std::string& argument : arguments) words.push_back(str(argument));
    const auto table = pin->table<ez_command_v1>();
    int32_t code = kFailed;
    check([&](ez_error* error) {
        return table.run(pin->service().self, words.data(), words.size(), &code, error);
    });
    return code;
}

/// Logs every reason.
bool Process::refused() const {
    const std::vector<std::string> refusals = setup_->refusals();
    for (const std::string& refusal : refusals) say(EZ_LOG_ERROR, refusal);
    if (!refusals.empty())
        say(EZ_LOG_ERROR,
            "not started: " + std::to_string(refusals.size()) + " fault(s), see above");
    return !refusals.empty();
}

void Process::make_components() {
    const config::Config& config = setup_->config();
    changes_.when_unaudited(
        [this](db::Transaction& transaction, const std::vector<db::Change>& changes) {
            unaudited_.note(transaction, changes);
        });
    pools_ = std::make_unique<db::Pools>(pools_options(config), &changes_, &metrics_);
    sessions_ = std::make_unique<http::SessionStore>(*pools_);
    redis_ = std::make_unique<redis::Client>(redis_options(config), &metrics_);
    leases_ = std::make_unique<jobs::PostgresLeases>(
        *pools_, instance_, config.seconds("jobs.lease_seconds"));
    jobs::Options options;
    options.threads = static_cast<size_t>(config.integer("jobs.threads"));
    scheduler_ = std::make_unique<jobs::Scheduler>(std::move(options), leases_.get(), &metrics_);
}

void Process::make_server(const std::string& admin_token) {
    http::ServerOptions options = server_options(setup_->config());
    options.access.admin_token = admin_token;
    options.access.revocations = sessions_->revocations();
    options.access.authenticator = [this](ez_str credential, ez_identity* out, ez_error* error) {
        return authenticate(services_, credential, out, error);
    };
    options.await_delivery =
        [this](
            int64_t revision, uint32_t timeout_ms, ez_delivery_fn fn, void* user, ez_error* error) {
            return await_delivery(services_, revision, timeout_ms, fn, user, error);
        };
    server_ = std::make_unique<http::Server>(std::move(options), &metrics_);
    components_ = {&metrics_,
                   pools_.get(),
                   redis_.get(),
                   &changes_,
                   scheduler_.get(),
                   &services_,
                   server_.get(),
                   instance_};
}

void Process::migrate() {
    std::vector<MigrationTarget> targets =
        migration_targets(setup_->config(), setup_->migration_modules());
    static_cast<void>(db::Migrations(targets.front().options).apply(targets.front().modules));
    for (size_t i = 1; i < targets.size(); ++i) {
        try {
            static_cast<void>(db::Migrations(targets[i].options).apply(targets[i].modules));
        } catch (const Error& error) {
            if (error.status() != EZ_UNAVAILABLE) throw;
            say(EZ_LOG_WARN, std::string(error.what()) + "; served without it until it answers");
            migrate_logs_later(std::move(targets[i]));
        }
    }
}

/// An unreachable log database does not delay the start: its pending migrations are applied once it
/// answers.
void Process::migrate_logs_later(MigrationTarget target) {
    jobs::HostJob job{"migrate-logs",
                      EZ_JOB_INSTANCE,
                      kMigratePeriod,
                      true,
                      [target = std::move(target), done = false](const ez_run&) mutable {
                          if (done) return;
                          static_cast<void>(db::Migrations(target.options).apply(target.modules));
                          done = true;
                      }};
    scheduler_->every(kOwner, std::move(job));
}

void Process::add_host_jobs() {
    jobs::HostJob purge{
        "purge-idempotency", EZ_JOB_CLUSTER, kPurgePeriod, false, [this](const ez_run&) {
            static_cast<void>(http::purge_idempotency(*pools_));
            static_cast<void>(sessions_->purge());
        }};
    scheduler_->every(kOwner, std::move(purge));
    jobs::HostJob sessions{
        "read-revoked-sessions", EZ_JOB_INSTANCE, kRevokedPeriod, true, [this](const ez_run&) {
            sessions_->refresh();
        }};
    scheduler_->every(kOwner, std::move(sessions));
    scheduler_->activate(kOwner);
}

void Process::add_host_routes() {
    watch_health();
    const config::Config& config = setup_->config();
    const PluginControl control{setup_->loader(), *scheduler_, *server_, loop_, changes_};
    http::HostServices host;
    host.version = version();
    host.swagger_folder = swagger_folder(config.text("server.swagger_dir"));
    host.health = [this] { return health_of(*health_, setup_->loader(), changes_); };
    host.ready = [this] { return ready_.load() && health_->serving(); };
    host.metrics = [this] { return metrics_.expose(); };
    host.plugins = [control] { return control.list(); };
    host.change_plugin = [control](std::string_view plugin, std::string_view action) {
        return control.change(plugin, action);
    };
    host.confirmation = [control](std::string_view plugin, std::string_view action) {
        return control.confirmation(plugin, action);
    };
    host.record =
        [this](
            int32_t action, std::string_view resource, std::string_view id, std::string_view what) {
            const std::string state(what);
            const bool gone = action == EZ_DELETED;
            const auto transaction = pools_->begin("main");
            transaction->changed({action,
                                  std::string(resource),
                                  std::string(id),
                                  gone ? state : std::string(),
                                  gone ? std::string() : state});
            transaction->commit();
        };
    host.sessions = sessions_.get();
    host.openapi_for_admins = config.text("server.openapi_access") == "admin";
    http::add_host_routes(*server_, std::move(host));
    server_->activate(kOwner);
}

void Process::watch_health() {
    using Scratch = DatabaseProbe::Scratch;
    const db::PoolsOptions pools = pools_options(setup_->config());
    const std::string& logs = pools.logs.dsn.empty() ? pools.main.dsn : pools.logs.dsn;
    const auto database = std::make_shared<DatabaseProbe>(
        "database", pools.main.dsn, instance_, Scratch::row, kProbeWrites);
    const auto log_database = std::make_shared<DatabaseProbe>(
        "log_database", logs, instance_, Scratch::transaction, kProbeWrites);
    const auto redis = std::make_shared<RedisProbe>(*redis_, instance_, kProbeWrites);
    std::vector<Check> checks = {
        {"database", true, [database] { (*database)(); }},
        {"log_database", false, [log_database] { (*log_database)(); }},
        {"redis", false, [redis] { (*redis)(); }},
    };
    health_ = std::make_unique<HealthMonitor>(std::move(checks));
}

void Process::add_metrics() {
    telemetry::add_process_metrics(metrics_);
    metrics_
        .gauge("ezapi_build_info",
               "Always 1; the version is the label.",
               {{"version", std::string(version())}})
        .record(1);
    metrics_.before_expose([this] {
        if (health_) {
            for (const HealthMonitor::Finding& finding : health_->findings()) {
                metrics_
                    .gauge("ezapi_health_check_ok",
                           "1: the last probe of it found nothing wrong.",
                           {{"check", finding.name}})
                    .record(finding.ok ? 1 : 0);
            }
        }
        for (const modules::PluginReport& plugin : setup_->loader().report()) {
            metrics_
                .gauge(
                    "ezapi_plugin_running", "1 while the plugin runs.", {{"plugin", plugin.name}})
                .record(plugin.state == modules::State::kRunning ? 1 : 0);
        }
    });
}

/// False: a required plugin failed; every failure was logged.
bool Process::start_plugins() {
    modules::Attachment host;
    host.components = &components_;
    host.tables = api::host_tables(instance_);
    host.services = &services_;
    host.registries = {server_.get(), redis_.get(), scheduler_.get(), &changes_, &services_};
    host.migrate = [this](const std::string& plugin) {
        const std::array modules = {plugin};
        for (const MigrationTarget& target : migration_targets(setup_->config(), modules))
            static_cast<void>(db::Migrations(target.options).apply(target.modules));
    };
    host.stop_limit = setup_->config().seconds("server.drain_seconds");
    setup_->loader().attach(std::move(host));
    setup_->loader().start();
    for (const std::string& failure : setup_->loader().failures(/*required=*/false)) {
        say(EZ_LOG_WARN, failure + " (not required)");
    }
    if (changes_.auditors().empty()) say(EZ_LOG_WARN, std::string(kNoAudit));
    return !refused();
}

void Process::announce() const {
    const std::string& address = setup_->config().text("server.address");
    const bool any = address == "0.0.0.0" || address == "::";
    const std::string name = any                                      ? "localhost"
                             : address.find(':') == std::string::npos ? address
                                                                      : "[" + address + "]";
    size_t running = 0;
    for (const auto& plugin : setup_->loader().report())
        running += plugin.state == modules::State::kRunning ? 1U : 0U;
    say(EZ_LOG_INFO,
        "ezapi " + std::string(version()) + " serves http://" + name + ":" +
            std::to_string(server_->port()) + " with " + std::to_string(running) + " plugins");
}

int Process::shut_down() {
    ready_ = false;
    const auto limit = setup_->config().seconds("server.drain_seconds");
    server_->stop_accepting();
    const bool drained = server_->drain(std::chrono::steady_clock::now() + limit);
    if (!drained)
        say(EZ_LOG_WARN,
            "requests were still in flight after " + std::to_string(limit.count()) + " s");
    // Jobs are retired first, so that none makes changes after the plugin that keeps the audit has
    // stopped.
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (const auto& plugin : setup_->loader().report())
        static_cast<void>(scheduler_->retire(plugin.name, deadline));
    const bool stopped = setup_->loader().stop();
    server_->stop();
    if (!stopped) {
        // Code of a plugin may still run and use objects that would be destroyed now.
        say(EZ_LOG_ERROR, "ends with a plugin that is still busy");
        ::_exit(kFailed);
    }
    health_.reset();
    server_.reset();
    scheduler_.reset();
    say(EZ_LOG_INFO, "stopped");
    return drained ? kDone : kFailed;
}

}  // namespace ezapi::host::app
