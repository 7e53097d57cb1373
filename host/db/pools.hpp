// The named pools of PostgreSQL connections: "main" for the API and its jobs, "logs" for log
// ingest, so that neither can starve the other. Statements are prepared once per connection and
// kept. Used from any thread; every wait has a limit. All transactions must have ended before the
// pools are destroyed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "host/db/rows.hpp"
#include "host/db/transaction.hpp"

namespace ezapi::host::telemetry {
class Metrics;
}

namespace ezapi::host::db {

struct PoolOptions {
    /// libpq keywords as key=value separated by single spaces, no spaces or quotes in values. Empty
    /// for "logs": the one of "main".
    std::string dsn;
    size_t size = 8;
    std::chrono::milliseconds wait_limit{2000};
    std::chrono::milliseconds connect_timeout{2000};  // libpq counts whole seconds, at least two
    std::chrono::milliseconds statement_timeout{2000};
    std::chrono::milliseconds lock_timeout{1000};
    std::chrono::milliseconds idle_in_transaction_timeout{30000};
    std::chrono::milliseconds max_age{30 * 60 * 1000};
    /// Without a reply at the statement timeout: time until the statement is cancelled, and again
    /// until the socket is shut down.
    std::chrono::milliseconds cancel_grace{250};
    size_t statement_cache = 256;  // prepared statements kept per connection
};

struct PoolsOptions {
    PoolOptions main;
    PoolOptions logs;
    std::string application_name = "ezapi";
};

struct PoolStatus {
    size_t idle = 0;
    size_t busy = 0;
    size_t waiting = 0;
    size_t size = 0;
};

class Pools {
public:
    /// Does not connect yet; throws EZ_INVALID for an invalid DSN or limit. `hook` (the bus of
    /// changes) and `metrics` may be NULL and must outlive the pools.
    explicit Pools(PoolsOptions options,
                   CommitHook* hook = nullptr,
                   telemetry::Metrics* metrics = nullptr);
    ~Pools();
    Pools(const Pools&) = delete;
    Pools& operator=(const Pools&) = delete;

    /// One statement in its own transaction, one round trip. `pool` is "main", "logs" or empty for
    /// main.
    Rows query(std::string_view pool, std::string_view sql, Params params = {});

    /// The origin is that of the current CallScope; without one it is EZ_PUBLIC named `on_behalf`.
    std::unique_ptr<Transaction> begin(std::string_view pool,
                                       const ez_tx_options* options = nullptr,
                                       std::string_view on_behalf = {});

    /// Throws when the pool's server does not answer; bounded by the pool's limits.
    void ping(std::string_view pool);

    [[nodiscard]] PoolStatus status(std::string_view pool) const;

private:
    [[nodiscard]] const std::shared_ptr<Pool>& find(std::string_view name) const;

    std::shared_ptr<Pool> main_;
    std::shared_ptr<Pool> logs_;
    CommitHook* hook_;
};

}  // namespace ezapi::host::db
