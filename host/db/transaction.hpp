// One transaction on a connection of its own, from BEGIN to COMMIT or ROLLBACK. When commit()
// returns, the transaction is durable: an aborted transaction is an error, and a connection that
// breaks during COMMIT is reported as an unknown outcome. One thread at a time; destroying it rolls
// back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/error.hpp"
#include "host/db/call_scope.hpp"
#include "host/db/rows.hpp"

namespace ezapi::host::db {

class Pool;
class Connection;
class Transaction;

/// A change of one entity, passed to the subscribers of changes before COMMIT.
struct Change {
    int32_t action = EZ_UPDATED;
    std::string resource;
    std::string id;
    std::string before;  // JSON with secrets redacted, or empty
    std::string after;
};

/// Called by commit() of a transaction that recorded changes, inside it and right before COMMIT.
/// What it throws aborts the transaction. It may run statements and record changes, not end the
/// transaction.
class CommitHook {
public:
    virtual ~CommitHook() = default;
    virtual void before_commit(Transaction& transaction) = 0;
};

class Transaction {
public:
    /// The outcome, as in ez_after_fn: 1 committed, 0 not, -1 unknown.
    using After = std::function<void(int committed)>;

    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// After an error only rollback() or ROLLBACK TO a savepoint is possible.
    Rows query(std::string_view sql, Params params = {});

    /// Returning means durable. On any Error the transaction is over and not committed, except
    /// EZ_TIMEOUT with code "outcome_unknown". Refused inside a CommitHook (EZ_INTERNAL, the
    /// transaction goes on).
    void commit();
    void rollback() noexcept;

    /// Called once after the end, in order of registration, with the connection already returned.
    void after(After callback);

    /// Called by commit() after the subscribers, when revision() is known, in order of
    /// registration; may query. An exception rolls back the transaction.
    void last(std::function<void()> step);

    /// COPY ... FROM STDIN. A non-empty reason cancels it and aborts the transaction.
    void copy_begin(std::string_view sql);
    void copy_write(std::string_view data);
    int64_t copy_end(std::string_view abort_reason = {});

    /// Recorded changes, oldest first; those of one entity are merged when they are read by the
    /// bus.
    void changed(Change change);

    [[nodiscard]] const std::vector<Change>& changes() const noexcept { return changes_; }

    [[nodiscard]] const Origin& origin() const noexcept { return origin_; }

    [[nodiscard]] int64_t revision() const noexcept { return revision_; }

    void set_revision(int64_t revision) noexcept { revision_ = revision; }

    /// True while its CommitHook runs.
    [[nodiscard]] bool committing() const noexcept { return committing_; }

    /// While set, changed() is refused: subscribers of the last phase must not record changes.
    void seal_changes(bool sealed) noexcept { sealed_ = sealed; }

private:
    friend class Pools;
    Transaction(std::shared_ptr<Pool> pool,
                std::unique_ptr<Connection> connection,
                CommitHook* hook,
                Origin origin);

    Connection& open_connection();
    template <class Use>
    auto watched(Use&& use);
    void require_sound();
    void run_hook();
    void send_commit();
    void finish(int committed) noexcept;

    std::shared_ptr<Pool> pool_;
    std::unique_ptr<Connection> connection_;  // NULL: the transaction is over
    CommitHook* hook_;
    Origin origin_;
    std::vector<Change> changes_;
    std::vector<After> after_;
    std::vector<std::function<void()>> last_;
    std::unique_ptr<Error> first_error_;  // that aborted it
    int64_t revision_ = 0;
    bool committing_ = false;
    bool sealed_ = false;
    bool doomed_ = false;  // a subscriber tried to roll it back
};

/// The ABI's opaque handle is the object itself.
[[nodiscard]] inline ez_tx* to_handle(Transaction& transaction) noexcept {
    return reinterpret_cast<ez_tx*>(&transaction);
}

[[nodiscard]] inline Transaction& from_handle(ez_tx* handle) noexcept {
    return *reinterpret_cast<Transaction*>(handle);
}

[[nodiscard]] inline const Transaction& from_handle(const ez_tx* handle) noexcept {
    return *reinterpret_cast<const Transaction*>(handle);
}

}  // namespace ezapi::host::db
