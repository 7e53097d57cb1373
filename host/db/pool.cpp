#include "host/db/pool.hpp"

#include <algorithm>

#include "ezapi/error.hpp"
#include "host/db/dsn.hpp"
#include "host/db/errors.hpp"
#include "host/db/pool_metrics.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::db {
namespace {

/// After a failed connect the other threads do not try for this long, so that an unreachable server
/// blocks one thread at a time.
constexpr std::chrono::milliseconds kConnectPause{200};
/// Limits the log under overload, when every request may find the pool exhausted.
constexpr std::chrono::seconds kTellAgain{1};

std::shared_ptr<const ConnectionSettings> settings_of(std::string name,
                                                      const PoolOptions& options,
                                                      const std::string& application_name,
                                                      std::shared_ptr<SideThread> canceller) {
    auto settings = std::make_shared<ConnectionSettings>();
    settings->pool = std::move(name);
    settings->dsn = with_connect_timeout(options.dsn, options.connect_timeout);
    settings->application_name = application_name + "-" + settings->pool;
    settings->statement_timeout = options.statement_timeout;
    settings->lock_timeout = options.lock_timeout;
    settings->idle_in_transaction_timeout = options.idle_in_transaction_timeout;
    settings->cancel_grace = options.cancel_grace;
    settings->statement_cache = options.statement_cache;
    settings->canceller = std::move(canceller);
    return settings;
}

}  // namespace

/// A waiting thread: it gets either a connection or the right to make one.
struct Pool::Waiter {
    std::condition_variable ready;
    std::unique_ptr<Connection> connection;
    bool may_connect = false;
    bool failed = false;  // the server cannot be reached

    [[nodiscard]] bool served() const noexcept {
        return connection != nullptr || may_connect || failed;
    }
};

Pool::Pool(std::string name,
           const PoolOptions& options,
           const std::string& application_name,
           std::shared_ptr<SideThread> canceller,
           telemetry::Metrics* metrics)
    : options_(options),
      settings_(settings_of(std::move(name), options, application_name, std::move(canceller))),
      metrics_(std::make_unique<PoolMetrics>(metrics, settings_->pool)) {
    idle_.reserve(options_.size);
}

Pool::~Pool() {
    for (std::unique_ptr<Connection>& connection : idle_) graveyard_.add(connection->give_up());
}

std::unique_ptr<Connection> Pool::acquire() {
    const Clock::time_point start = Clock::now();
    for (;;) {
        std::unique_ptr<Connection> connection = place(start + options_.wait_limit);
        if (connection == nullptr) connection = connect();
        if (fit(*connection)) {
            metrics_->waited(Clock::now() - start);
            return connection;
        }
        drop(std::move(connection));
    }
}

/// An idle connection, or NULL with the right to make one.
std::unique_ptr<Connection> Pool::place(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!waiters_.empty()) return wait_for_place(lock, deadline);
    if (!idle_.empty()) {
        std::unique_ptr<Connection> connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
    }
    if (places_ < options_.size) {
        fail_fast();
        ++places_;
        return nullptr;
    }
    return wait_for_place(lock, deadline);
}

std::unique_ptr<Connection> Pool::wait_for_place(std::unique_lock<std::mutex>& lock,
                                                 Clock::time_point deadline) {
    Waiter waiter;
    waiters_.push_back(&waiter);
    if (waiter.ready.wait_until(lock, deadline, [&] { return waiter.served(); })) {
        if (waiter.failed) throw unreachable_lately();
        return std::move(waiter.connection);
    }
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), &waiter));
    const bool tell = !told_exhausted_at_ || Clock::now() - *told_exhausted_at_ >= kTellAgain;
    if (tell) told_exhausted_at_ = Clock::now();
    lock.unlock();
    const std::string time = std::to_string(options_.wait_limit.count()) + " ms";
    if (tell) {
        telemetry::log(EZ_LOG_WARN,
                       "db",
                       name() + ": all " + std::to_string(options_.size) +
                           " connections were in use for " + time);
    }
    throw Error(EZ_UNAVAILABLE, "no connection to the database became free in " + time)
        .with_code("pool_exhausted");
}

Error Pool::unreachable_lately() const {
    return Error(EZ_UNAVAILABLE, "the database could not be reached a moment ago")
        .with_code("database_unavailable");
}

void Pool::fail_fast() {
    if (connect_failed_at_ == Clock::time_point::min()) return;
    if (Clock::now() - connect_failed_at_ >= kConnectPause) return;
    throw unreachable_lately();
}

std::unique_ptr<Connection> Pool::connect() {
    try {
        auto connection = std::make_unique<Connection>(settings_);
        metrics_->connected(true);
        graveyard_.bury();
        if (away_.exchange(false))
            telemetry::log(EZ_LOG_INFO, "db", name() + ": the database is back");
        return connection;
    } catch (const Error& error) {
        metrics_->connected(false);
        connect_failed();
        const auto* unreachable = dynamic_cast<const Unreachable*>(&error);
        // Logged once per outage.
        if (!away_.exchange(true)) {
            telemetry::log(EZ_LOG_WARN,
                           "db",
                           name() + ": cannot connect: " +
                               (unreachable != nullptr ? unreachable->why() : error.what()));
        }
        throw;
    } catch (...) {
        // Out of memory: this says nothing about the server; the place is returned.
        connect_failed();
        throw;
    }
}

/// Tells the waiting threads that the attempt to connect failed.
void Pool::connect_failed() noexcept {
    const std::lock_guard lock(mutex_);
    connect_failed_at_ = Clock::now();
    --places_;
    for (Waiter* waiter : waiters_) {
        waiter->failed = true;
        waiter->ready.notify_one();
    }
    waiters_.clear();
}

bool Pool::fit(const Connection& connection) const {
    const std::lock_guard lock(mutex_);
    return connection.born() > lost_at_ && Clock::now() - connection.born() < options_.max_age &&
           !connection.stale();
}

void Pool::release(std::unique_ptr<Connection> connection) noexcept {
    connection->expect_default();
    if (!connection->reusable()) return drop(std::move(connection));
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) {
        // Without memory for the list the connection is closed.
        if (guard(nullptr, [&] { idle_.push_back(std::move(connection)); }) != EZ_OK) free_place();
        return;
    }
    Waiter* waiter = waiters_.front();
    waiters_.pop_front();
    waiter->connection = std::move(connection);
    waiter->ready.notify_one();
}

void Pool::drop(std::unique_ptr<Connection> connection) noexcept {
    std::vector<std::unique_ptr<Connection>> doomed;
    {
        const std::lock_guard lock(mutex_);
        // If one connection was lost, the idle ones most likely were, too.
        if (connection->broken() || connection->stale()) {
            lost_at_ = Clock::now();
            doomed.swap(idle_);
        }
        for (size_t i = 0; i < doomed.size() + 1; ++i) free_place();
    }
    // Without memory to keep them they are closed here, which may take a moment.
    const auto bury = [this](Connection& each) {
        (void)guard(nullptr, [&] { graveyard_.add(each.give_up()); });
    };
    bury(*connection);
    for (std::unique_ptr<Connection>& each : doomed) bury(*each);
}

/// With the lock held: one connection fewer exists, so the longest-waiting thread may make another.
void Pool::free_place() noexcept {
    if (waiters_.empty()) {
        --places_;
        return;
    }
    Waiter* waiter = waiters_.front();
    waiters_.pop_front();
    waiter->may_connect = true;
    waiter->ready.notify_one();
}

void Pool::count(const Error& error) noexcept {
    metrics_->failed(error.sqlstate());
}

PoolStatus Pool::status() const {
    const std::lock_guard lock(mutex_);
    const PoolStatus status{idle_.size(), places_ - idle_.size(), waiters_.size(), options_.size};
    metrics_->connections(status.idle, status.busy, status.waiting);
    return status;
}

}  // namespace ezapi::host::db
