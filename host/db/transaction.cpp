#include "host/db/transaction.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/error.hpp"
#include "host/db/connection.hpp"
#include "host/db/errors.hpp"
#include "host/db/pool.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::db {

Transaction::Transaction(std::shared_ptr<Pool> pool,
                         std::unique_ptr<Connection> connection,
                         CommitHook* hook,
                         Origin origin)
    : pool_(std::move(pool)),
      connection_(std::move(connection)),
      hook_(hook),
      origin_(std::move(origin)) {}

Transaction::~Transaction() {
    rollback();
}

Connection& Transaction::open_connection() {
    if (connection_ == nullptr)
        throw Error(EZ_INTERNAL, pool_->name() + ": the transaction is over");
    return *connection_;
}

template <class Use>
auto Transaction::watched(Use&& use) {
    Connection& connection = open_connection();
    try {
        return std::forward<Use>(use)(connection);
    } catch (const Error& error) {
        pool_->count(error);
        // In an aborted transaction the first error is the cause.
        if (first_error_ == nullptr || !connection.aborted())
            first_error_ = std::make_unique<Error>(error);
        throw;
    }
}

Rows Transaction::query(std::string_view sql, Params params) {
    return watched([&](Connection& connection) {
        const bool was_aborted = connection.aborted();
        Rows rows = connection.execute(sql, params);
        if (was_aborted && !connection.aborted()) first_error_.reset();  // back at a savepoint
        if (!connection.in_transaction()) {
            throw Error(EZ_INTERNAL,
                        pool_->name() + ": query: the statement ended the transaction; use commit");
        }
        return rows;
    });
}

void Transaction::copy_begin(std::string_view sql) {
    watched([&](Connection& connection) { connection.copy_begin(std::string(sql)); });
}

void Transaction::copy_write(std::string_view data) {
    watched([&](Connection& connection) { connection.copy_write(data); });
}

int64_t Transaction::copy_end(std::string_view abort_reason) {
    return watched(
        [&](Connection& connection) { return connection.copy_end(std::string(abort_reason)); });
}

void Transaction::after(After callback) {
    open_connection();
    after_.push_back(std::move(callback));
}

void Transaction::last(std::function<void()> step) {
    open_connection();
    last_.push_back(std::move(step));
}

void Transaction::changed(Change change) {
    open_connection();
    if (sealed_) {
        throw Error(EZ_INTERNAL,
                    "change of " + change.resource + " " + change.id +
                        ": recorded by a subscriber of the last phase, which may record none");
    }
    changes_.push_back(std::move(change));
}

void Transaction::commit() {
    if (committing_)
        throw Error(EZ_INTERNAL, "commit: called by a subscriber inside the transaction's commit");
    open_connection();

    // If anything is thrown, the transaction is over.
    struct Ending {
        Transaction& transaction;

        ~Ending() { transaction.rollback(); }
    } ending{*this};

    require_sound();
    run_hook();
    require_sound();
    for (const auto& step : last_) step();
    require_sound();
    send_commit();
}

void Transaction::run_hook() {
    if (hook_ == nullptr || changes_.empty()) return;

    struct Inside {
        bool& flag;

        explicit Inside(bool& value) : flag(value) { flag = true; }

        ~Inside() { flag = false; }
    } inside{committing_};

    hook_->before_commit(*this);
}

/// Throws when COMMIT could only roll back.
void Transaction::require_sound() {
    const Connection& connection = open_connection();
    if (doomed_)
        throw Error(EZ_CONFLICT, "a subscriber rolled the transaction back").with_code("aborted");
    if (connection.copying()) throw Error(EZ_INTERNAL, "commit: a COPY is in progress");
    if (!connection.aborted() && connection.in_transaction()) return;
    if (first_error_ != nullptr) throw Error(*first_error_);
    throw Error(EZ_CONFLICT, "the transaction was aborted before").with_code("aborted");
}

void Transaction::send_commit() {
    try {
        const Rows result = connection_->run("COMMIT");
        if (result.command() != "COMMIT") {
            throw Error(EZ_CONFLICT, "the database rolled the transaction back")
                .with_code("aborted");
        }
    } catch (const ConnectionLost& lost) {
        pool_->count(lost);
        finish(lost.sent() ? -1 : 0);
        if (!lost.sent()) throw;
        throw outcome_unknown("the connection to the database was lost");
    } catch (const Error& error) {
        pool_->count(error);
        throw;
    }
    if (CallScope* scope = CallScope::current(); scope != nullptr) {
        scope->revision = std::max(scope->revision, revision_);
    }
    finish(1);
}

void Transaction::rollback() noexcept {
    if (connection_ == nullptr) return;
    if (committing_) {
        doomed_ = true;
        return;
    }
    try {
        if (connection_->copying()) connection_->copy_end("rolled back");
        if (!connection_->broken() && connection_->in_transaction()) connection_->run("ROLLBACK");
    } catch (const std::exception& error) {
        // The connection is then dropped, which also rolls back.
        (void)guard(nullptr, [&] {
            telemetry::log(EZ_LOG_WARN, "db", std::string("rollback: ") + error.what());
        });
    }
    finish(0);
}

void Transaction::finish(int committed) noexcept {
    pool_->release(std::move(connection_));
    // A callback may register no further one: the transaction is over.
    const std::vector<After> callbacks = std::move(after_);
    for (const After& callback : callbacks) {
        ez_error error{};
        if (guard(&error, [&] { callback(committed); }) == EZ_OK) continue;
        (void)guard(nullptr, [&] {
            telemetry::log(EZ_LOG_ERROR,
                           "db",
                           std::string("after the end of a transaction: ") + error.message);
        });
    }
}

}  // namespace ezapi::host::db
