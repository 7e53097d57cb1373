#include "host/redis/pool.hpp"

#include <algorithm>
#include <random>
#include <string>

#include "ezapi/error.hpp"
#include "host/redis/call_metrics.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::redis {
namespace {

double chance() {
    thread_local std::minstd_rand engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

/// Replies of a server that is not, or no longer, the right one to use.
bool wrong_server(const Reply& reply) {
    const std::string code = reply.error_code();
    return code == "READONLY" || code == "LOADING" || code == "MASTERDOWN";
}

}  // namespace

Pool::Pool(const Options& options, telemetry::Metrics* metrics)
    : options_(options),
      resolver_(options.host, options.port),
      breaker_({options.probe_min, options.probe_max}, chance),
      metrics_(std::make_unique<CallMetrics>(metrics)) {
    idle_.reserve(options_.pool_size);
}

Pool::~Pool() = default;

std::vector<Reply> Pool::call(std::span<const Command> commands,
                              std::chrono::milliseconds timeout) {
    const Clock::time_point start = Clock::now();
    const auto limit = timeout.count() > 0 ? timeout : options_.timeout;
    Breaker::Permit permit = breaker_.enter(start);
    try {
        if (!permit.granted()) throw Unreached("it is away, the call was not tried", false);
        std::vector<Reply> replies = attempt(commands, start + limit, permit);
        metrics_->called(EZ_OK, Clock::now() - start);
        return replies;
    } catch (const Error& error) {
        metrics_->called(error.status(), Clock::now() - start);
        throw;
    }
}

std::vector<Reply> Pool::attempt(std::span<const Command> commands,
                                 Clock::time_point deadline,
                                 Breaker::Permit& permit) {
    for (bool again = false;; again = true) {
        std::unique_ptr<Connection> connection = acquire(deadline, permit);
        try {
            std::vector<Reply> replies = connection->exchange(commands, deadline);
            judge(replies, permit);
            if (std::any_of(replies.begin(), replies.end(), wrong_server)) {
                drop(std::move(connection), true);
            } else {
                release(std::move(connection));
            }
            return replies;
        } catch (const Unreached& error) {
            drop(std::move(connection), !error.late());
            const bool retry = !error.sent() && !again && Clock::now() < deadline;
            if (!retry) {
                away(permit.call_failed(Clock::now()), error.why());
                throw;
            }
        } catch (...) {
            // Out of memory during an exchange: its place is returned.
            if (connection != nullptr) drop(std::move(connection), false);
            throw;
        }
    }
}

void Pool::judge(const std::vector<Reply>& replies, Breaker::Permit& permit) {
    const bool loading = std::any_of(replies.begin(), replies.end(), [](const Reply& reply) {
        return reply.error_code() == "LOADING";
    });
    if (loading) return away(permit.connect_failed(Clock::now()), "it is loading its data");
    if (permit.succeeded()) telemetry::log(EZ_LOG_INFO, "redis", options_.host + ": it is back");
    connected_ = true;
    metrics_->connected(true);
}

std::string Pool::last_error() const {
    const std::lock_guard lock(mutex_);
    return connected_ ? std::string() : last_error_;
}

void Pool::away(bool begins, const std::string& why) noexcept {
    connected_ = false;
    metrics_->connected(false);
    // Without memory the reason is lost, not the process.
    (void)guard(nullptr, [&] {
        {
            const std::lock_guard lock(mutex_);
            last_error_ = why;
        }
        if (!begins) return;
        telemetry::log(EZ_LOG_WARN,
                       "redis",
                       options_.host + ":" + std::to_string(options_.port) +
                           ": away, calls fail until it is back: " + why);
    });
}

std::unique_ptr<Connection> Pool::acquire(Clock::time_point deadline, Breaker::Permit& permit) {
    for (;;) {
        std::unique_ptr<Connection> connection = take_idle(deadline);
        if (connection == nullptr) return connect(deadline, permit);
        if (fit(*connection, deadline)) return connection;
        drop(std::move(connection), false);
    }
}

/// An idle connection, or NULL with the right to make one.
std::unique_ptr<Connection> Pool::take_idle(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    const bool served = freed_.wait_until(
        lock, deadline, [this] { return !idle_.empty() || places_ < options_.pool_size; });
    if (!served) {
        throw Unreached("all " + std::to_string(options_.pool_size) + " connections are in use",
                        false);
    }
    if (idle_.empty()) return (++places_, nullptr);
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
}

bool Pool::fit(Connection& connection, Clock::time_point deadline) {
    {
        const std::lock_guard lock(mutex_);
        const bool old = Clock::now() - connection.born() >= options_.max_age;
        if (connection.born() <= lost_at_ || old || connection.stale()) return false;
    }
    if (Clock::now() - connection.used() < options_.idle_check) return true;
    try {
        constexpr std::string_view kPing = "PING";
        const Command ping(&kPing, 1);
        const Clock::time_point limit = std::min(deadline, Clock::now() + options_.connect_timeout);
        return !connection.exchange({&ping, 1}, limit).front().is_error();
    } catch (const Unreached&) {
        return false;
    }
}

std::unique_ptr<Connection> Pool::connect(Clock::time_point deadline, Breaker::Permit& permit) {
    const Clock::time_point patient = Clock::now() + options_.connect_timeout;
    try {
        return std::make_unique<Connection>(options_, resolver_, std::min(deadline, patient));
    } catch (const Unreached& error) {
        give_place_back();
        const Clock::time_point now = Clock::now();
        // A short timeout says little about Redis.
        const bool impatient = error.late() && deadline < patient;
        away(impatient ? permit.call_failed(now) : permit.connect_failed(now), error.why());
        // The details are logged; this message may reach a client.
        throw Unreached("it cannot be reached", false);
    } catch (...) {
        give_place_back();
        throw;
    }
}

void Pool::give_place_back() noexcept {
    const std::lock_guard lock(mutex_);
    --places_;
    freed_.notify_one();
}

void Pool::release(std::unique_ptr<Connection> connection) noexcept {
    const std::lock_guard lock(mutex_);
    // Without memory for the list the connection is closed.
    if (guard(nullptr, [&] { idle_.push_back(std::move(connection)); }) != EZ_OK) --places_;
    freed_.notify_one();
}

void Pool::drop(std::unique_ptr<Connection> connection, bool lost) noexcept {
    // Closed outside the lock. Allocates nothing, because there may be no memory.
    std::vector<std::unique_ptr<Connection>> doomed;
    {
        const std::lock_guard lock(mutex_);
        --places_;
        if (lost) {
            lost_at_ = Clock::now();
            places_ -= idle_.size();
            doomed.swap(idle_);
        }
        freed_.notify_all();
    }
    connection.reset();
}

}  // namespace ezapi::host::redis
