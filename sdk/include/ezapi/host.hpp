// A plugin's access to the host: log, metrics, PostgreSQL, Redis, and the registration of routes,
// jobs, subscribers, projections and services. <ezapi/plugin.hpp> has an example.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ezapi/changes.hpp"
#include "ezapi/db.hpp"
#include "ezapi/http.hpp"
#include "ezapi/jobs.hpp"
#include "ezapi/json.hpp"
#include "ezapi/log.hpp"
#include "ezapi/metrics.hpp"
#include "ezapi/redis.hpp"
#include "ezapi/service.hpp"

namespace ezapi {

/// Functions that register something, and `find`, may be called in the plugin's constructor only.
/// They throw Error when the host refuses. The objects returned by log(), metrics(), db(), redis()
/// and projections() are cheap to copy and may be used on any thread until the plugin's destructor
/// returns.
class Host {
public:
    using Handler = std::function<Response(const Request&)>;
    using WriteHandler = std::function<Response(const Request&, Tx&)>;
    using KeepHandler = std::function<void(Exchange)>;
    using CommitRefusal = std::function<Error(const Request&, const Error&)>;

    explicit Host(const ez_host* abi) : abi_(abi) {}

    [[nodiscard]] Log log() const { return Log(abi_); }

    [[nodiscard]] Metrics metrics() const { return Metrics(abi_); }

    [[nodiscard]] Db db(std::string pool = "main") const { return Db(abi_, std::move(pool)); }

    [[nodiscard]] Redis redis() const { return Redis(abi_); }

    [[nodiscard]] Projections projections() const { return Projections(abi_); }

    /// The plugin's settings, validated by the host: an object with a member for each property of
    /// the schema.
    [[nodiscard]] Json settings() const {
        return Json::parse(view(abi_->config->json(abi_->context)));
    }

    /// The id of this process; each start has another one.
    [[nodiscard]] std::string_view instance() const { return view(abi_->instance); }

    [[nodiscard]] const ez_host* abi() const { return abi_; }

    void get(std::string_view pattern, Access access, const Operation& operation, Handler handler) {
        route("GET", pattern, access, operation, std::move(handler));
    }

    struct RouteOptions {
        std::uint64_t max_body = 0;  // bytes; 0: the server's limit
        bool never_blocks = false;   // may run on the I/O thread: no database, Redis or waiting
        bool only_reads = false;     // changes nothing, whatever the method
    };

    /// Registers a route without a transaction. Its answers are not stored; a POST with an
    /// Idempotency-Key is therefore refused (400), because a repetition would be executed again.
    void route(std::string_view method,
               std::string_view pattern,
               Access access,
               const Operation& operation,
               Handler handler) {
        route(method, pattern, access, operation, {}, std::move(handler));
    }

    void route(std::string_view method,
               std::string_view pattern,
               Access access,
               const Operation& operation,
               RouteOptions options,
               Handler handler) {
        keep(method,
             pattern,
             access,
             operation,
             options,
             [handler = std::move(handler)](Exchange exchange) {
                 exchange.answer([&] {
                     const Request request = exchange.request();
                     request.refuse_idempotency_key();
                     return handler(request);
                 });
             });
    }

    /// Registers a route that writes, see http.hpp. After a serialization failure or a deadlock the
    /// handler runs again in a new transaction; it runs at most four times.
    void write(std::string_view method,
               std::string_view pattern,
               Access access,
               const Operation& operation,
               WriteHandler handler) {
        write(method, pattern, access, operation, {}, std::move(handler));
    }

    /// `refused` converts the Error of a failed commit to one in the terms of the route.
    void write(std::string_view method,
               std::string_view pattern,
               Access access,
               const Operation& operation,
               RouteOptions options,
               WriteHandler handler,
               CommitRefusal refused = {}) {
        keep(method,
             pattern,
             access,
             operation,
             options,
             [this, handler = std::move(handler), refused = std::move(refused)](Exchange exchange) {
                 run_write(std::move(exchange), handler, refused);
             });
    }

    /// Registers a route whose handler owns the Exchange and may answer later, from any thread.
    void keep(std::string_view method,
              std::string_view pattern,
              Access access,
              const Operation& operation,
              KeepHandler handler) {
        keep(method, pattern, access, operation, RouteOptions{}, std::move(handler));
    }

    void keep(std::string_view method,
              std::string_view pattern,
              Access access,
              const Operation& operation,
              RouteOptions options,
              KeepHandler handler) {
        auto* held = new Held<KeepHandler>{abi_, std::move(handler)};
        const std::string describe = operation.text();
        const ez_route route{sizeof route,
                             static_cast<std::int32_t>(access),
                             str(method),
                             str(pattern),
                             str(describe),
                             options.max_body,
                             flags_of(options),
                             [](void* user, ez_exchange* raw) noexcept {
                                 auto* self = static_cast<Held<KeepHandler>*>(user);
                                 run_keep(*self, raw);
                             },
                             held,
                             &Held<KeepHandler>::free};
        check([&](ez_error* error) { return abi_->http->route(abi_->context, &route, error); });
    }

    /// Registers a job. `period` is the time from the end of one run to the start of the next, with
    /// 10 % jitter. `at_start`: the first run starts at once and not after one period.
    void every(std::string_view name,
               std::chrono::milliseconds period,
               Scope scope,
               std::function<void(const Run&)> run,
               bool at_start = false) {
        using Job = std::function<void(const Run&)>;
        auto* held = new Held<Job>{abi_, std::move(run)};
        const ez_job job{sizeof job,
                         static_cast<std::int32_t>(scope),
                         str(name),
                         static_cast<std::uint64_t>(period.count()),
                         at_start ? 1 : 0,
                         [](void* user, const ez_run* raw, ez_error* error) noexcept {
                             auto* self = static_cast<Held<Job>*>(user);
                             return guard(error, [&] { self->call(Run(self->host, raw)); });
                         },
                         held,
                         &Held<Job>::free};
        check([&](ez_error* error) { return abi_->jobs->every(abi_->context, &job, error); });
    }

    /// Requests a run of a job now; during a run, one more after it. Any thread.
    void trigger(std::string_view job) const {
        check([&](ez_error* error) { return abi_->jobs->trigger(abi_->context, str(job), error); });
    }

    /// Calls `subscriber` in every transaction that records changes of `resource`, before its
    /// commit; "*" means all resources. An exception of the subscriber aborts the transaction.
    void on_change(std::string_view resource,
                   Phase phase,
                   std::function<void(Tx&, Changes)> subscriber) {
        using Subscriber = std::function<void(Tx&, Changes)>;
        auto* held = new Held<Subscriber>{abi_, std::move(subscriber)};
        check([&](ez_error* error) {
            return abi_->changes->subscribe(
                abi_->context,
                str(resource),
                static_cast<std::int32_t>(phase),
                [](void* user,
                   ez_tx* raw,
                   const ez_change* changes,
                   size_t count,
                   ez_error* fault) noexcept {
                    auto* self = static_cast<Held<Subscriber>*>(user);
                    return guard(fault, [&] {
                        Tx tx(self->host, raw, Tx::Ownership::borrowed);
                        self->call(tx, Changes(changes, count, "changes"));
                    });
                },
                held,
                &Held<Subscriber>::free,
                error);
        });
    }

    /// Registers the projection of one resource. EZ_CONFLICT when another plugin has registered it.
    void project(Projection projection) {
        auto* held = new Held<Projection>{abi_, std::move(projection)};
        const ez_projection raw{sizeof raw,
                                static_cast<std::int32_t>(held->call.layout),
                                str(held->call.resource),
                                &render,
                                &scan,
                                held,
                                &Held<Projection>::free};
        check([&](ez_error* error) { return abi_->changes->project(abi_->context, &raw, error); });
    }

    /// Publishes a service as "name/major". `table` must outlive the plugin; `self` is the first
    /// argument of each of its functions.
    template <class Table>
    void publish(std::string_view id, const Table& table, void* self) {
        check([&](ez_error* error) {
            return abi_->services->publish(abi_->context, str(id), {&table, self}, error);
        });
    }

    /// Finds a service of a plugin that is named in depends_on or after. Throws EZ_NOT_FOUND when
    /// no plugin provides it, EZ_CONFLICT when the provider's table is older than the caller's
    /// header.
    template <class Table>
    [[nodiscard]] Service<Table> find(std::string_view id) const {
        ez_service service{};
        check([&](ez_error* error) {
            return abi_->services->find(abi_->context, str(id), &service, error);
        });
        if (*static_cast<const std::uint32_t*>(service.table) < sizeof(Table)) {
            throw Error(EZ_CONFLICT,
                        "service " + std::string(id) + ": the provider is older than this plugin");
        }
        return Service<Table>(service);
    }

    /// As `find`, but an empty Service when no plugin provides it.
    template <class Table>
    [[nodiscard]] Service<Table> find_optional(std::string_view id) const {
        ez_service service{};
        ez_error error{};
        if (abi_->services->find(abi_->context, str(id), &service, &error) == EZ_NOT_FOUND)
            return {};
        return find<Table>(id);
    }

private:
    /// A callable that the host keeps as `void* user`, with the host that it is called for.
    template <class Call>
    struct Held {
        const ez_host* host;
        Call call;

        static void free(void* user) noexcept { delete static_cast<Held*>(user); }
    };

    static std::uint32_t flags_of(const RouteOptions& options) {
        return (options.never_blocks ? std::uint32_t{EZ_ROUTE_INLINE} : 0U) |
               (options.only_reads ? std::uint32_t{EZ_ROUTE_READS} : 0U);
    }

    void run_write(Exchange exchange,
                   const WriteHandler& handler,
                   const CommitRefusal& refused) const {
        bool replayed = false;
        std::optional<Response> response;
        const auto attempt = [&] {
            Tx tx = db().begin();
            if ((replayed = exchange.replay(tx))) return;
            response = handler(exchange.request(), tx);
            exchange.remember(tx, *response);
            try {
                tx.commit();
            } catch (const Error& error) {
                if (!refused) throw;
                throw refused(exchange.request(), error);
            }
        };
        const auto with_retries = [&]() -> Response {
            constexpr int kAttempts = 4;
            for (int tried = 1;; ++tried) {
                try {
                    attempt();
                    return replayed ? Response{} : std::move(*response);
                } catch (const Error& error) {
                    // Serialization failure or deadlock: nothing was committed, so the work can be
                    // tried again.
                    if (tried == kAttempts ||
                        (error.sqlstate() != "40001" && error.sqlstate() != "40P01"))
                        throw;
                }
            }
        };
        try {
            Response answer = with_retries();
            if (!replayed) exchange.send(answer);
        } catch (...) {
            exchange.answer([rethrow = std::current_exception()]() -> Response {
                std::rethrow_exception(rethrow);
            });
        }
    }

    /// An exception of the handler is logged. The exchange has no answer then, and sends 500 when
    /// it is destroyed.
    static void run_keep(const Held<KeepHandler>& held, ez_exchange* raw) noexcept {
        ez_error error{};
        if (guard(&error, [&] { held.call(Exchange(held.host, raw)); }) != EZ_OK)
            write_line(held.host, EZ_LOG_ERROR, "a handler failed", error);
    }

    static ez_status render(void* user,
                            ez_tx* raw,
                            const ez_str* ids,
                            size_t count,
                            ez_projected_fn sink,
                            void* sink_user,
                            ez_error* error) noexcept {
        auto* self = static_cast<Held<Projection>*>(user);
        return guard(error, [&] {
            std::vector<std::string_view> views;
            views.reserve(count);
            for (size_t i = 0; i < count; ++i) views.push_back(view(ids[i]));
            Tx tx(self->host, raw, Tx::Ownership::borrowed);
            ProjectionSink target(sink, sink_user);
            self->call.run_render(tx, views, target);
        });
    }

    static ez_status scan(void* user,
                          ez_tx* raw,
                          ez_str after,
                          size_t limit,
                          ez_projected_fn sink,
                          void* sink_user,
                          ez_error* error) noexcept {
        auto* self = static_cast<Held<Projection>*>(user);
        return guard(error, [&] {
            Tx tx(self->host, raw, Tx::Ownership::borrowed);
            ProjectionSink target(sink, sink_user);
            self->call.scan(tx, view(after), limit, target);
        });
    }

    const ez_host* abi_;
};

}  // namespace ezapi
