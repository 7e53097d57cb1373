// The database of a fake host: a function of the test answers each statement.
//
//     host.db.answer = [](const fake::Statement& statement) -> fake::Answer {
//         if (statement.sql.starts_with("SELECT name")) return {.rows = {{"acme"}, {"globex"}}};
//         throw Error(EZ_CONFLICT, "taken").with_sqlstate("23505");
//     };
//
// Transactions behave as in PostgreSQL as far as a plugin can observe: after a failure every
// statement fails until the transaction or a savepoint is rolled back, and COMMIT of a failed
// transaction fails.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/fake/context.hpp"
#include "ezapi/prefix.hpp"

namespace ezapi::fake {

using Cell = std::optional<std::string>;

/// The rows that a statement returns.
struct Answer {
    std::vector<std::string> columns = {};
    std::vector<std::vector<Cell>> rows = {};
    std::int64_t affected = -1;  // -1: the number of rows
};

/// A statement that the plugin sent, including BEGIN, COMMIT and ROLLBACK.
struct Statement {
    std::string pool;
    std::string sql;
    std::vector<Cell> params = {};
};

/// A change that the plugin recorded.
struct Change {
    std::int32_t action = EZ_TOUCHED;
    std::string resource;
    std::string id;
    std::string before = {};
    std::string after = {};
};

/// On whose behalf transactions run; set while a handler is called.
struct Origin {
    ez_identity identity{sizeof(ez_identity), EZ_PUBLIC, 0, "test"};
    std::string client_ip = {};
    std::string request_id = {};
    std::string method = {};
    std::string path = {};
    bool request_id_is_given = false;
};

inline thread_local Origin current_origin;

class Database;

struct Transaction {
    Database* db = nullptr;
    std::string pool = {};
    Origin origin = current_origin;
    bool aborted = false;
    std::vector<Change> changes = {};
    std::int64_t revision = 0;
    std::vector<std::pair<ez_after_fn, void*>> after = {};
    std::string copied = {};
};

class Database {
public:
    std::function<Answer(const Statement&)> answer = [](const Statement&) { return Answer{}; };
    /// Called with the text of each finished COPY; returns the number of rows.
    std::function<std::int64_t(std::string_view data)> copied = [](std::string_view) { return 0; };
    /// Called between the last statement and COMMIT. Runs the subscribers of changes.
    std::function<void(Transaction&)> before_commit;

    [[nodiscard]] std::vector<Statement> statements() const {
        const std::lock_guard lock(mutex_);
        return statements_;
    }

    /// How many statements begin with this text.
    [[nodiscard]] size_t count(std::string_view beginning) const {
        size_t found = 0;
        for (const Statement& statement : statements())
            found += statement.sql.starts_with(beginning) ? 1 : 0;
        return found;
    }

    /// The changes of committed transactions.
    [[nodiscard]] std::vector<Change> changes() const {
        const std::lock_guard lock(mutex_);
        return changes_;
    }

    [[nodiscard]] Answer run(Statement statement) {
        note(statement);
        return answer(statement);
    }

    [[nodiscard]] Answer run(Transaction& tx, Statement statement) {
        if (statement.sql.starts_with("ROLLBACK TO")) tx.aborted = false;
        if (tx.aborted)
            throw Error(EZ_CONFLICT, "the transaction is aborted").with_sqlstate("25P02");
        note(statement);
        if (concerns_savepoints(statement.sql)) return {};
        try {
            return answer(statement);
        } catch (...) {
            tx.aborted = true;
            throw;
        }
    }

    void commit(Transaction& tx) {
        try {
            if (tx.aborted)
                throw Error(EZ_CONFLICT, "the transaction is aborted").with_sqlstate("25P02");
            if (before_commit) before_commit(tx);
        } catch (...) {
            end(tx, "ROLLBACK", 0);
            throw;
        }
        {
            const std::lock_guard lock(mutex_);
            changes_.insert(changes_.end(), tx.changes.begin(), tx.changes.end());
        }
        end(tx, "COMMIT", 1);
    }

    void rollback(Transaction& tx) { end(tx, "ROLLBACK", 0); }

    void note(Statement statement) {
        const std::lock_guard lock(mutex_);
        statements_.push_back(std::move(statement));
    }

private:
    static bool concerns_savepoints(std::string_view sql) {
        return sql.starts_with("SAVEPOINT") || sql.starts_with("RELEASE") ||
               sql.starts_with("ROLLBACK TO");
    }

    void end(Transaction& tx, const char* how, std::int32_t committed) {
        note({tx.pool, how});
        for (const auto& [fn, user] : tx.after) fn(user, committed);
    }

    mutable std::mutex mutex_;
    std::vector<Statement> statements_;
    std::vector<Change> changes_;
};

namespace detail {

inline Transaction& transaction(ez_tx* raw) {
    return *reinterpret_cast<Transaction*>(raw);
}

inline const Answer& rows_of(const ez_rows* raw) {
    return *reinterpret_cast<const Answer*>(raw);
}

inline ez_rows* rows(Answer answer) {
    return reinterpret_cast<ez_rows*>(new Answer(std::move(answer)));
}

inline Statement statement(std::string_view pool,
                           ez_str sql,
                           const ez_value* params,
                           size_t count) {
    Statement out{std::string(pool), std::string(view(sql))};
    for (size_t i = 0; i < count; ++i) {
        out.params.push_back(params[i].is_null != 0 ? Cell()
                                                    : Cell(std::string(view(params[i].text))));
    }
    return out;
}

inline void finish(ez_tx* raw, void (Database::*how)(Transaction&)) {
    const std::unique_ptr<Transaction> tx(&transaction(raw));
    (tx->db->*how)(*tx);
}

}  // namespace detail

inline const ez_db_api kDb = {
    sizeof(ez_db_api),
    // query
    [](ez_context* raw,
       ez_str pool,
       ez_str sql,
       const ez_value* params,
       size_t count,
       ez_rows** out,
       ez_error* error) noexcept {
        return guard(error, [&] {
            *out = detail::rows(
                context_of(raw).db->run(detail::statement(view(pool), sql, params, count)));
        });
    },
    // begin
    [](ez_context* raw,
       ez_str pool,
       const ez_tx_options* options,
       ez_tx** out,
       ez_error* error) noexcept {
        return guard(error, [&] {
            if (options != nullptr) static_cast<void>(taken(options, "transaction"));
            Database* db = context_of(raw).db;
            db->note({std::string(view(pool)), "BEGIN"});
            *out = reinterpret_cast<ez_tx*>(new Transaction{db, std::string(view(pool))});
        });
    },
    // tx_query
    [](ez_tx* raw,
       ez_str sql,
       const ez_value* params,
       size_t count,
       ez_rows** out,
       ez_error* error) noexcept {
        return guard(error, [&] {
            Transaction& tx = detail::transaction(raw);
            *out = detail::rows(tx.db->run(tx, detail::statement(tx.pool, sql, params, count)));
        });
    },
    // commit
    [](ez_tx* raw, ez_error* error) noexcept {
        return guard(error, [&] { detail::finish(raw, &Database::commit); });
    },
    // rollback
    [](ez_tx* raw) noexcept { detail::finish(raw, &Database::rollback); },
    // after
    [](ez_tx* raw, ez_after_fn fn, void* user, ez_error* error) noexcept {
        return guard(error, [&] { detail::transaction(raw).after.emplace_back(fn, user); });
    },
    // copy_begin
    [](ez_tx* raw, ez_str sql, ez_error* error) noexcept {
        return guard(error, [&] {
            Transaction& tx = detail::transaction(raw);
            tx.db->note({tx.pool, std::string(view(sql))});
            tx.copied.clear();
        });
    },
    // copy_write
    [](ez_tx* raw, ez_str data, ez_error* error) noexcept {
        return guard(error, [&] { detail::transaction(raw).copied += view(data); });
    },
    // copy_end
    [](ez_tx* raw, ez_str abort_reason, std::int64_t* written, ez_error* error) noexcept {
        return guard(error, [&] {
            Transaction& tx = detail::transaction(raw);
            if (abort_reason.size > 0) {
                tx.aborted = true;
                throw Error(EZ_CONFLICT, "COPY: " + std::string(view(abort_reason)));
            }
            *written = tx.db->copied(tx.copied);
        });
    },
    // rows_info
    [](const ez_rows* raw, ez_rows_info* out) noexcept {
        const Answer& answer = detail::rows_of(raw);
        const size_t columns = !answer.columns.empty() || answer.rows.empty()
                                   ? answer.columns.size()
                                   : answer.rows.front().size();
        const auto count = static_cast<std::int64_t>(answer.rows.size());
        give(out,
             {sizeof(ez_rows_info),
              answer.rows.size(),
              columns,
              answer.affected < 0 ? count : answer.affected});
    },
    // column_name
    [](const ez_rows* raw, size_t column) noexcept {
        const Answer& answer = detail::rows_of(raw);
        return column < answer.columns.size() ? str(answer.columns[column]) : str("?column?");
    },
    // cell
    [](const ez_rows* raw, size_t row, size_t column) noexcept {
        const Answer& answer = detail::rows_of(raw);
        if (row >= answer.rows.size() || column >= answer.rows[row].size())
            return ez_value{str({}), 1};
        const Cell& cell = answer.rows[row][column];
        return cell ? ez_value{str(*cell), 0} : ez_value{str({}), 1};
    },
    // rows_free
    [](ez_rows* raw) noexcept { delete reinterpret_cast<Answer*>(raw); },
};

}  // namespace ezapi::fake
