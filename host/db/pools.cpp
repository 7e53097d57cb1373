#include "host/db/pools.hpp"

#include <algorithm>
#include <cstring>

#include "host/db/begin.hpp"
#include "host/db/connection.hpp"
#include "host/db/dsn.hpp"
#include "host/db/errors.hpp"
#include "host/db/pool.hpp"
#include "host/telemetry/metrics.hpp"

namespace ezapi::host::db {
namespace {

void check_options(const std::string& pool, const PoolOptions& options) {
    check_dsn(pool + " database", options.dsn);
    const auto require = [&pool](bool good, const char* why) {
        if (!good) throw Error(EZ_INVALID, pool + " database: " + why);
    };
    require(options.size >= 1, "size is 0, expected at least 1 connection");
    require(options.wait_limit.count() > 0, "the wait limit is 0, expected a positive time");
    require(options.statement_timeout.count() > 0,
            "the statement timeout is 0, expected a positive time");
    require(options.cancel_grace.count() > 0, "the cancel grace is 0, expected a positive time");
    require(options.statement_cache >= 1, "the statement cache is 0, expected at least 1");
}

/// Returns a connection to its pool in the destructor.
class Borrowed {
public:
    explicit Borrowed(Pool& pool) : pool_(pool), connection_(pool.acquire()) {}

    ~Borrowed() {
        if (connection_ != nullptr) pool_.release(std::move(connection_));
    }

    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

    Connection* operator->() const noexcept { return connection_.get(); }

    std::unique_ptr<Connection> take() noexcept { return std::move(connection_); }

private:
    Pool& pool_;
    std::unique_ptr<Connection> connection_;
};

/// Runs `use` on a connection, once more on another one when the first broke before anything was
/// sent.
template <class Use>
auto with_connection(Pool& pool, Use&& use) {
    for (bool again = false;; again = true) {
        Borrowed connection(pool);
        try {
            return use(connection);
        } catch (const ConnectionLost& lost) {
            pool.count(lost);
            if (lost.sent() || again) throw;
        } catch (const Error& error) {
            pool.count(error);
            throw;
        }
    }
}

Origin origin_of(std::string_view on_behalf) {
    if (const CallScope* scope = CallScope::current(); scope != nullptr) return scope->origin();
    Origin origin;
    copy_text(origin.identity.name, on_behalf);
    return origin;
}

}  // namespace

Pools::Pools(PoolsOptions options, CommitHook* hook, telemetry::Metrics* metrics) : hook_(hook) {
    if (options.logs.dsn.empty()) options.logs.dsn = options.main.dsn;
    check_options("main", options.main);
    check_options("logs", options.logs);
    if (options.application_name.find_first_of("'\\") != std::string::npos) {
        throw Error(EZ_INVALID, "application name: contains a quote or a backslash");
    }
    const auto canceller = std::make_shared<SideThread>();
    const auto pool = [&](const char* name, const PoolOptions& own) {
        return std::make_shared<Pool>(name, own, options.application_name, canceller, metrics);
    };
    main_ = pool("main", options.main);
    logs_ = pool("logs", options.logs);
    if (metrics == nullptr) return;
    metrics->before_expose([main = std::weak_ptr(main_), logs = std::weak_ptr(logs_)] {
        for (const std::shared_ptr<Pool>& each : {main.lock(), logs.lock()}) {
            if (each != nullptr) static_cast<void>(each->status());
        }
    });
}

Pools::~Pools() = default;

const std::shared_ptr<Pool>& Pools::find(std::string_view name) const {
    if (name.empty() || name == "main") return main_;
    if (name == "logs") return logs_;
    throw Error(EZ_INVALID,
                "database pool '" + std::string(name) + "': expected \"main\" or \"logs\"");
}

Rows Pools::query(std::string_view pool, std::string_view sql, Params params) {
    Pool& place = *find(pool);
    try {
        return with_connection(place, [&](Borrowed& connection) {
            Rows rows = connection->execute(sql, params);
            if (connection->in_transaction()) {
                throw Error(EZ_INTERNAL,
                            place.name() + ": query: the statement began a transaction; use begin");
            }
            return rows;
        });
    } catch (const ConnectionLost& lost) {
        if (!lost.sent() || lost.sqlstate() != "08006") throw;
        throw outcome_unknown("the connection to the database was lost");
    }
}

std::unique_ptr<Transaction> Pools::begin(std::string_view pool,
                                          const ez_tx_options* options,
                                          std::string_view on_behalf) {
    const std::shared_ptr<Pool>& place = find(pool);
    const BeginStatement begin = begin_statement(options);
    return with_connection(*place, [&](Borrowed& connection) {
        try {
            connection->run(begin.sql);
        } catch (const ConnectionLost& lost) {
            // BEGIN may be repeated on another connection, because nothing was done in the
            // transaction yet.
            throw ConnectionLost(lost, false);
        }
        if (begin.statement_timeout.count() > 0) connection->expect_within(begin.statement_timeout);
        return std::unique_ptr<Transaction>(
            new Transaction(place, connection.take(), hook_, origin_of(on_behalf)));
    });
}

void Pools::ping(std::string_view pool) {
    query(pool, "SELECT 1");
}

PoolStatus Pools::status(std::string_view pool) const {
    return find(pool)->status();
}

}  // namespace ezapi::host::db
