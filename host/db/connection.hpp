// One connection and the statements prepared on it. Every exchange with the server has a limit of
// its own: when the server does not answer within the statement timeout it is asked to cancel, and
// if that does not help, the socket is shut down. A connection with any transport error is not used
// again. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "host/db/rows.hpp"
#include "host/db/session.hpp"
#include "host/db/side_thread.hpp"
#include "host/db/statement_cache.hpp"

namespace ezapi::host::db {

using Clock = std::chrono::steady_clock;

/// Options common to the connections of one pool.
struct ConnectionSettings {
    std::string pool;  // its name, for messages
    std::string dsn;
    std::string application_name;
    std::chrono::milliseconds statement_timeout{0};  // zero: none
    std::chrono::milliseconds lock_timeout{0};
    std::chrono::milliseconds idle_in_transaction_timeout{0};
    std::chrono::milliseconds cancel_grace{500};
    size_t statement_cache = 256;
    std::shared_ptr<SideThread> canceller;  // NULL: no cancelling, only the socket is shut down
};

class Connection {
public:
    /// Blocks until connected; throws EZ_UNAVAILABLE.
    explicit Connection(std::shared_ptr<const ConnectionSettings> settings);

    /// One statement, prepared at its first use. Throws ConnectionLost when the connection broke.
    Rows execute(std::string_view sql, Params params);
    /// One or several constant statements without parameters; returns the rows of the last one.
    Rows run(const std::string& sql);

    void copy_begin(const std::string& sql);
    void copy_write(std::string_view data);
    /// A non-empty reason makes the server abort; nothing is thrown for that abort itself.
    int64_t copy_end(const std::string& abort_reason);

    [[nodiscard]] bool copying() const noexcept { return copying_; }

    /// Overrides the client-side statement timeout until reset; the server's must be set
    /// separately.
    void expect_within(std::chrono::milliseconds statement_timeout) noexcept {
        timeout_ = statement_timeout;
    }

    void expect_default() noexcept { timeout_ = settings_->statement_timeout; }

    [[nodiscard]] bool in_transaction() const noexcept;  // also an aborted one
    [[nodiscard]] bool aborted() const noexcept;

    [[nodiscard]] bool broken() const noexcept { return broken_; }

    /// Outside any transaction, without errors, and without changed session state.
    [[nodiscard]] bool reusable() const noexcept;
    /// True when the server sent something unsolicited or closed the connection.
    [[nodiscard]] bool stale() const noexcept;

    [[nodiscard]] Clock::time_point born() const noexcept { return born_; }

    [[nodiscard]] const std::string& pool() const noexcept { return settings_->pool; }

    [[nodiscard]] std::unique_ptr<Session> give_up() noexcept { return std::move(session_); }

private:
    struct Patience;
    struct Answer;

    void check_parameters(std::string_view sql, Params params) const;
    const StatementCache::Statement& prepare(std::string_view sql);
    Rows execute_prepared(const std::string& name, Params params);
    Answer collect(Patience& patience);
    Rows finish(std::string_view what, Answer answer, bool executed);
    void flush(Patience& patience);
    void wait(short events, Patience& patience);
    [[noreturn]] void give_up_waiting(const Patience& patience);
    void require_ready(std::string_view what) const;
    [[noreturn]] void lost(std::string_view what, bool sent, std::string_view why);
    void request_cancel();
    void cut() noexcept;

    std::shared_ptr<const ConnectionSettings> settings_;
    std::unique_ptr<Session> session_;
    StatementCache statements_;
    std::string arena_;  // zero-terminated copies of the parameters
    std::chrono::milliseconds timeout_;
    Clock::time_point born_ = Clock::now();
    bool copying_ = false;
    bool broken_ = false;
    bool tainted_ = false;  // session state was changed, or a late cancel could hit the next user
};

}  // namespace ezapi::host::db
