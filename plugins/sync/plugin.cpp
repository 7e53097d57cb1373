// Sync: what is committed in PostgreSQL is pushed to Redis, now, again when that fails, and in full
// when Redis has lost it.
#include "ezapi/plugin.hpp"

#include <memory>
#include <random>

#include "backfill/watch.hpp"
#include "compare/command.hpp"
#include "compare/drift_check.hpp"
#include "compare/reconciliation.hpp"
#include "delivery/change_waits.hpp"
#include "delivery/delivery_service.hpp"
#include "delivery/dispatcher.hpp"
#include "delivery/fault_points.hpp"
#include "delivery/outbox.hpp"
#include "ledger/recorder.hpp"
#include "nodes/node_reports.hpp"
#include "routes.hpp"
#include "settings.hpp"

namespace ezapi::sync {

namespace {

using namespace std::chrono_literals;

class Sync {
public:
    explicit Sync(Host& host)
        : settings_(host.settings()),
          log_(host.log()),
          instance_(host.instance()),
          db_(host.db()),
          redis_(host.redis()),
          projections_(host.projections()),
          metrics_(host.metrics()),

          // What was changed, and what Redis holds of it.
          breaker_(&chance),
          ledger_(db_, instance_, settings_.outbox_max_retries),

          // One push, and its retries.
          pusher_(Renderer(db_, projections_),
                  RedisWriter(redis_, scripts_, [] { return unix_seconds(now()); }),
                  ledger_,
                  breaker_,
                  metrics_,
                  log_,
                  [&host] { host.trigger("watch"); }),
          outbox_(ledger_, pusher_, breaker_, projections_, settings_.outbox_batch_size),
          waits_([db = db_](const auto& revisions) { return states_of(db, revisions); }),

          // Noticing that Redis lacks something, and filling it.
          full_push_({.db = db_,
                      .redis = redis_,
                      .projections = projections_,
                      .scripts = scripts_,
                      .ledger = ledger_,
                      .pusher = pusher_,
                      .state = StateRow(db_),
                      .log = log_,
                      .instance = instance_}),
          watch_({.db = db_,
                  .redis = redis_,
                  .projections = projections_,
                  .scripts = scripts_,
                  .ledger = ledger_,
                  .full_push = full_push_,
                  .retry = [this, &host](const auto& stopping) { retry(host, stopping); },
                  .breaker = breaker_,
                  .metrics = metrics_,
                  .log = log_,
                  .instance = instance_,
                  .retries = settings_.outbox_enabled}),

          // Redis against the database.
          reconciliation_({.db = db_,
                           .redis = redis_,
                           .projections = projections_,
                           .ledger = ledger_,
                           .pusher = pusher_,
                           .full_push = full_push_,
                           .log = log_}),
          drift_check_({.db = db_,
                        .reconciliation = reconciliation_,
                        .watch = watch_,
                        .metrics = metrics_,
                        .log = log_,
                        .instance = instance_}),
          command_(drift_check_, ledger_),

          node_reports_(redis_, db_),
          routes_(
              {.db = db_,
               .redis = redis_,
               .ledger = ledger_,
               .breaker = breaker_,
               .watch = watch_,
               .drift_check = drift_check_,
               .node_reports = node_reports_,
               .push_after = [this](Tx& tx, const Entity& entity) { push_after(tx, {entity}); }}),
          dispatcher_(make_dispatcher()) {
        host.publish("delivery/1", kDelivery, &waits_);
        host.publish("command.sync/1", Command::kTable, &command_);
        host.on_change(
            "*", Phase::record, [this](Tx& tx, Changes changes) { record_changes(tx, changes); });
        routes_.serve(host);
        register_jobs(host);
    }

    ~Sync() {
        waits_.close();
        dispatcher_->close();
    }

private:
    /// Random in [0, 1).
    static double chance() {
        static thread_local std::minstd_rand random{std::random_device{}()};
        return std::uniform_real_distribution<double>(0, 1)(random);
    }

    [[nodiscard]] std::shared_ptr<Dispatcher> make_dispatcher() {
        return std::make_shared<Dispatcher>(
            [this](const Entities& entities, const std::function<void()>& pushed) {
                push_round(entities, pushed);
            },
            [this] { return breaker_.admits(Breaker::Clock::now()); },
            Dispatcher::Limits{},
            [this](std::chrono::duration<double> time) {
                metrics_.visible_seconds.observe(time.count());
            });
    }

    /// In a job of its own, so that the caller does not wait.
    void retry(const Host& host, const std::function<bool()>& stopping) const {
        if (settings_.outbox_enabled) {
            host.trigger("outbox");
        } else {
            outbox_.drain(stopping);
        }
    }

    void register_jobs(Host& host) {
        const auto stopping = [](const Run& run) { return [&run] { return run.stopping(); }; };
        host.every(
            "watch",
            1s,
            Scope::instance,
            [this, stopping](const Run& run) {
                watch_.tick(stopping(run));
                waits_.look();
            },
            true);
        host.every(
            "measure",
            1s,
            Scope::instance,
            [this, stopping](const Run& run) { watch_.measure(stopping(run)); },
            true);
        host.every("nodes", 5s, Scope::instance, [this](const Run&) { measure_nodes(); });
        if (settings_.reconcile_interval > 0s) {
            host.every("reconcile",
                       settings_.reconcile_interval,
                       Scope::cluster,
                       [this, stopping](const Run& run) {
                           drift_check_.run_in_background(stopping(run));
                       });
        }
        if (settings_.outbox_enabled) {
            host.every("outbox",
                       settings_.outbox_interval,
                       Scope::instance,
                       [this, stopping](const Run& run) {
                           outbox_.drain(stopping(run));
                           waits_.look();
                       });
        }
        host.every(
            "full-push",
            24h,
            Scope::cluster,
            [this, stopping](const Run& run) { push_all(stopping(run)); },
            true);
        host.every("prune-changes", 1h, Scope::cluster, [this, db = host.db()](const Run& run) {
            prune_changes(db, run);
        });
    }

    void record_changes(Tx& tx, Changes changes) {
        std::set<std::string, std::less<>> live;
        for (ProjectionInfo& info : projections_.live()) live.insert(std::move(info.resource));
        const Entities entities = concerned(changes, live);
        tx.set_revision(record(tx, entities));
        if (!entities.empty()) push_after(tx, entities);
    }

    /// The end of a transaction may come after that of this plugin: only the dispatcher is used
    /// then, and it is closed.
    void push_after(Tx& tx, const Entities& entities) {
        tx.after([dispatcher = dispatcher_, limit = settings_.push_wait, entities](int committed) {
            step("committed");
            if (committed != 0) (void)guard(nullptr, [&] { dispatcher->deliver(entities, limit); });
        });
    }

    /// On the dispatcher's thread: what fails here is pending, and was logged by whoever found it.
    void push_round(const Entities& entities, const std::function<void()>& pushed) {
        ez_error error{};
        const bool was_there = !breaker_.away();
        if (guard(&error, [&] { pusher_.push(entities, pushed); }) != EZ_OK && was_there &&
            !breaker_.away())
            log_.warn(std::string("push failed, the outbox will retry: ") + error.message);
        waits_.look();
    }

    void measure_nodes() {
        if (breaker_.away()) return;
        std::map<std::string, double> staleness;
        for (const NodeReport& entry : node_reports_.read(15s))
            staleness.emplace(entry.node.id, entry.stale_seconds);
        metrics_.staleness(staleness);
    }

    /// At the start the watch may have been quicker with what Redis lacked.
    void push_all(const FullPush::Stopping& stopping) {
        try {
            const bool at_start = !std::exchange(start_is_over_, true);
            const FullPushResult result =
                at_start ? watch_.push_rest(stopping) : watch_.push_all(stopping);
            if (const std::string fault = result.fault(); !fault.empty())
                throw Error(EZ_UNAVAILABLE, "full push is not complete: " + fault);
        } catch (const Error& error) {
            if (error.code() != "in_progress") throw;
        }
    }

    void prune_changes(const Db& db, const Run& run) const {
        while (!run.stopping()) {
            const Rows rows = db.query(
                "DELETE FROM sync_changes WHERE revision IN (SELECT revision FROM sync_changes "
                "WHERE recorded_at < now() - make_interval(hours => $1) LIMIT 10000)",
                {settings_.changes_keep_hours});
            if (rows.affected() == 0) return;
        }
    }

    Settings settings_;
    Log log_;
    std::string instance_;
    Db db_;
    Redis redis_;
    Projections projections_;
    SyncMetrics metrics_;
    Scripts scripts_;
    Breaker breaker_;
    Ledger ledger_;
    Pusher pusher_;
    Outbox outbox_;
    ChangeWaits waits_;
    FullPush full_push_;
    Watch watch_;
    Reconciliation reconciliation_;
    DriftCheck drift_check_;
    Command command_;
    NodeReports node_reports_;
    Routes routes_;
    bool start_is_over_ = false;  // of the job of full pushes, which does not overlap itself
    std::shared_ptr<Dispatcher> dispatcher_;  // last: its thread uses the others
};

}  // namespace

}  // namespace ezapi::sync

EZ_PLUGIN(ezapi::sync::Sync,
          .name = "sync",
          .version = "1.0.0",
          .settings = ezapi::sync::kSettings);
