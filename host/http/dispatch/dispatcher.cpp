#include "host/http/dispatch/dispatcher.hpp"

#include <algorithm>
#include <charconv>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "host/db/call_scope.hpp"
#include "host/http/routing/wait_query.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

/// The exchange whose handler runs on this thread: only its reply carries the scope's revision.
thread_local uint64_t serving_number = 0;

/// The client's, if it is safe in logs and headers; otherwise a random one.
std::string request_id_of(const Head& head) {
    const auto given = head.field("x-request-id");
    const bool usable = given && !given->empty() && given->size() <= 128 &&
                        std::all_of(given->begin(), given->end(), [](char c) {
                            return is_digit(c) || is_alpha(c) || c == '.' || c == '_' || c == '-';
                        });
    return usable ? *given : to_hex(random_bytes(16));
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name);
    return text;
}

constexpr size_t kInlineBytes = 16UL * 1024;  // largest body that is handled on the I/O thread

constexpr std::string_view kRevisionHeader = "X-Change-Revision";

/// Of a stored reply that is sent again; 0: none.
int64_t revision_in(const Reply& reply) {
    int64_t revision = 0;
    for (const auto& [name, value] : reply.headers) {
        if (equal_ignoring_case(name, kRevisionHeader))
            std::from_chars(value.data(), value.data() + value.size(), revision);
    }
    return revision;
}

void add_common_headers(Reply& reply, std::string_view request_id) {
    if (!reply.body.empty() && !reply.has("Content-Type")) {
        reply.set("Content-Type", "application/json");
    }
    if (!reply.has("Cache-Control")) reply.set("Cache-Control", "no-store");
    reply.set("X-Content-Type-Options", "nosniff");
    reply.set("X-Request-ID", request_id);
}

/// Leaves the gate in its destructor unless passed on: also when there is no memory for the
/// exchange that would leave it.
class Entered {
public:
    Entered() = default;
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

    ~Entered() {
        if (gate_) gate_->leave();
    }

    /// False: the gate is closed.
    [[nodiscard]] bool enter(const std::shared_ptr<Gate>& gate) {
        if (!gate->enter()) return false;
        gate_ = gate;
        return true;
    }

    void pass_on() { gate_.reset(); }

private:
    std::shared_ptr<Gate> gate_;
};

/// Stays inside a gate during a call, which may outlive its exchange.
class Inside {
public:
    explicit Inside(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) { gate_->enter_again(); }

    ~Inside() { gate_->leave(); }

    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

private:
    std::shared_ptr<Gate> gate_;
};

AccessOptions with_metrics(AccessOptions options, telemetry::Metrics* metrics) {
    options.metrics = metrics;
    return options;
}

}  // namespace

Dispatcher::Dispatcher(const ServerOptions& options,
                       telemetry::Metrics* metrics,
                       std::shared_ptr<Observer> observer)
    : access(with_metrics(options.access, metrics)),
      awaiting(std::make_shared<Awaiting>(options.await_delivery)),
      observer_(std::move(observer)),
      workers_(options.workers),
      queue_(options.queue),
      body_bytes_(options.limits.body_bytes),
      cors_(options.cors_origins),
      proxies_(options.trusted_proxies) {
    if (workers_ == 0) throw Error(EZ_INVALID, "HTTP server: 0 workers, expected at least 1");
}

void Dispatcher::start() {
    executor_ = std::make_unique<Executor>(workers_, queue_);
}

void Dispatcher::stop() {
    if (executor_) executor_->stop();
}

size_t Dispatcher::queued() const {
    return executor_ ? executor_->queued() : 0;
}

std::string Dispatcher::client_ip_of(const Connection& connection, const Head& head) const {
    if (proxies_.empty()) return connection.client_ip();
    return proxies_.client_of(connection.client_ip(), head.field("x-forwarded-for"));
}

void Dispatcher::serve(const ConnectionPtr& connection,
                       Request request,
                       std::optional<Problem> problem) {
    auto match = routes.table()->find(request.head.method, request.head.path());
    Entered entered;
    if (match && match->route && !entered.enter(match->route->gate)) match.reset();
    const bool away =
        (!match || !match->route) && routes.is_away(request.head.method, request.head.path());
    std::vector<std::string> allowed;
    if (match) allowed = std::move(match->allowed);
    auto client_ip = client_ip_of(*connection, request.head);
    auto request_id = request_id_of(request.head);
    ExchangePtr exchange(new Exchange(shared_from_this(),
                                      connection,
                                      std::move(request),
                                      std::move(client_ip),
                                      std::move(request_id),
                                      match ? std::move(*match) : Match{}));
    // From here on the exchange leaves the gate in its destructor, and its reply is counted.
    entered.pass_on();
    observer_->began();
    if (problem) {
        exchange.release()->problem(*problem);
    } else if (exchange->head().target == "*") {
        answer_asterisk(std::move(exchange));
    } else if (away) {
        exchange.release()->problem(
            {503, "plugin_away", "the plugin that serves this path is being changed", {}});
    } else if (exchange->route() == nullptr) {
        answer_unmatched(std::move(exchange), allowed);
    } else {
        dispatch(std::move(exchange));
    }
}

/// OPTIONS * asks about the server, not about a path.
void Dispatcher::answer_asterisk(ExchangePtr exchange) const {
    Reply reply{204, {}, {}};
    reply.set("Allow", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    exchange.release()->finish(std::move(reply));
}

void Dispatcher::answer_unmatched(ExchangePtr exchange, const std::vector<std::string>& allowed) {
    if (allowed.empty()) {
        exchange.release()->problem({404, {}, "no such path", {}});
        return;
    }
    const std::string methods = joined(allowed);
    if (exchange->method() == "OPTIONS") {
        Reply reply{204, {}, {}};
        reply.set("Allow", methods);
        if (exchange->head().field("access-control-request-method")) {
            cors_.allow_preflight(exchange->head().field("origin"), methods, reply);
        }
        exchange.release()->finish(std::move(reply));
        return;
    }
    exchange->set_header("Allow", methods);
    exchange.release()->problem({405, {}, "this path allows " + methods, {}});
}

void Dispatcher::dispatch(ExchangePtr exchange) {
    const RouteSpec& spec = exchange->route()->spec;
    // Checked before it is queued, so that requests without a credential take no worker.
    if (spec.access != EZ_MASTER && !admit(exchange)) return;
    // Checking a master's credential may wait for the database, and parsing a large body would
    // delay the other connections of this I/O thread: both go to a worker even if the handler is
    // inline.
    const bool quick = spec.access != EZ_MASTER && exchange->body().size() <= kInlineBytes;
    if (quick && (spec.flags & EZ_ROUTE_INLINE) != 0) {
        run(std::move(exchange));
        return;
    }
    ez_exchange* raw = exchange.release();
    bool posted = false;
    if (guard(nullptr, [&] { posted = executor_->post([this, raw] { run(ExchangePtr(raw)); }); }) !=
        EZ_OK)
        return raw->conclude({503, {}, {}});
    if (posted) return;
    observer_->refused("queue_full");
    raw->problem({503, "overloaded", "too many requests are waiting; try again", {}});
}

void Dispatcher::run(ExchangePtr exchange) noexcept {
    const uint64_t outer = serving_number;
    try {
        const Route& route = *exchange->route();
        const Inside inside(route.gate);
        if (route.spec.access == EZ_MASTER && !admit(exchange)) return;
        if (!check_query(exchange)) return;
        const db::CallScope scope(db::Origin{exchange->caller().identity,
                                             std::string(exchange->client_ip()),
                                             std::string(exchange->request_id()),
                                             std::string(exchange->method()),
                                             std::string(exchange->path()),
                                             exchange->request_id_is_given()});
        serving_number = exchange->number();
        route.spec.handler(std::move(exchange));
    } catch (const std::exception& error) {
        (void)guard(nullptr, [&] {
            telemetry::log(EZ_LOG_ERROR, "http", std::string("handler: ") + error.what());
        });
    }
    serving_number = outer;
}

bool Dispatcher::admit(ExchangePtr& exchange) {
    const RouteSpec& spec = exchange->route()->spec;
    const bool only_reads = (spec.flags & EZ_ROUTE_READS) != 0;
    auto verdict = access.admit(spec.access,
                                only_reads ? std::string_view("GET") : exchange->method(),
                                exchange->head().field("authorization"),
                                exchange->client_ip());
    if (auto* caller = std::get_if<Caller>(&verdict)) {
        exchange->set_caller(std::move(*caller));
        return true;
    }
    exchange.release()->problem(std::get<Problem>(verdict));
    return false;
}

bool Dispatcher::check_query(ExchangePtr& exchange) {
    const auto& names = exchange->route()->query_names;
    const auto& query = exchange->query();
    for (auto at = query.begin(); at != query.end(); ++at) {
        const std::string& name = at->first;
        if (std::find(names.begin(), names.end(), name) != names.end()) {
            const bool again = std::any_of(
                query.begin(), at, [&](const auto& earlier) { return earlier.first == name; });
            if (!again) continue;
            exchange.release()->problem(
                bad_parameter("repeated_parameter",
                              name,
                              "query parameter '" + name + "': given more than once"));
            return false;
        }
        const std::string allowed =
            names.empty() ? "none is allowed here" : "allowed are " + joined(names);
        exchange.release()->problem(bad_parameter(
            "unknown_parameter", name, "unknown query parameter '" + name + "': " + allowed));
        return false;
    }
    if (!exchange->route()->takes_wait) return true;
    try {
        (void)wait_asked(exchange->query());
        return true;
    } catch (const Error& error) {
        exchange.release()->problem(
            bad_parameter("invalid_parameter", error.field(), error.what()));
        return false;
    }
}

Reply Dispatcher::refuse(const Fault& fault, const std::optional<std::string>& origin) {
    observer_->refused(fault.code);
    const std::string request_id = to_hex(random_bytes(16));
    Reply reply = to_reply({fault.status, fault.code, fault.detail, {}}, request_id);
    add_common_headers(reply, request_id);
    cors_.allow(origin, reply);
    return reply;
}

bool Dispatcher::postpone(ez_exchange& exchange, Reply& reply) noexcept {
    if (exchange.route() == nullptr || !exchange.route()->takes_wait) return false;
    bool kept = false;
    // Without memory to wait, the reply is sent at once.
    (void)guard(nullptr, [&] {
        const auto limit = wait_asked(exchange.query());
        if (!limit) return;
        const auto* scope =
            serving_number == exchange.number() ? db::CallScope::current() : nullptr;
        int64_t revision = scope == nullptr ? 0 : scope->revision;
        if (revision == 0) revision = revision_in(reply);
        if (revision == 0) return;
        reply.set(kRevisionHeader, std::to_string(revision));
        kept = awaiting->keep(exchange, reply, revision, *limit);
    });
    return kept;
}

void Dispatcher::answer(ez_exchange& exchange, Reply reply) noexcept {
    const auto measure = [&, taken = Exchange::Clock::now() - exchange.begin()] {
        observer_->answered({exchange.method(),
                             exchange.pattern(),
                             reply.status,
                             taken,
                             exchange.request_id(),
                             exchange.body().size(),
                             reply.body.size()});
    };
    bool measured = false;
    try {
        add_common_headers(reply, exchange.request_id());
        cors_.allow(exchange.head().field("origin"), reply);
        const auto* scope =
            serving_number == exchange.number() ? db::CallScope::current() : nullptr;
        if (scope != nullptr && scope->revision != 0) {
            reply.set(kRevisionHeader, std::to_string(scope->revision));
        }
        measure();
        measured = true;
        const auto* route = exchange.route();
        exchange.connection()->reply(
            std::move(reply),
            exchange.method() == "HEAD",
            route == nullptr ? Trust::kNone : trust_of(route->spec.access));
    } catch (const std::exception& error) {
        telemetry::log(EZ_LOG_ERROR, "http", error.what());
        if (!measured) measure();
        exchange.connection()->cut();
    }
}

}  // namespace ezapi::host::http
