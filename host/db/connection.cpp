#include "host/db/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <vector>

#include "host/db/errors.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::db {
namespace {

constexpr size_t kCopyCut = 1024UL * 1024;
constexpr size_t kArenaKept = 1024UL * 1024;
constexpr size_t kMostParameters = 65535;  // limit of the protocol

struct ClearResult {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};

using Result = std::unique_ptr<PGresult, ClearResult>;

std::string session_statements(const ConnectionSettings& settings) {
    const auto ms = [](std::chrono::milliseconds time) { return std::to_string(time.count()); };
    return "SET TimeZone='UTC';SET DateStyle='ISO, YMD';SET IntervalStyle='iso_8601';"
           "SET client_encoding='UTF8';SET standard_conforming_strings=on;SET statement_timeout=" +
           ms(settings.statement_timeout) + ";SET lock_timeout=" + ms(settings.lock_timeout) +
           ";SET idle_in_transaction_session_timeout=" + ms(settings.idle_in_transaction_timeout) +
           ";SET application_name='" + settings.application_name + "'";
}

}  // namespace

/// The remaining time for one exchange.
struct Connection::Patience {
    std::string_view what;
    Clock::time_point until = Clock::time_point::max();
    bool cancelled = false;
    bool sent = true;  // the server may act on it
};

/// All results of one exchange: the first error, otherwise the last result.
struct Connection::Answer {
    Result result;
    bool failed = false;
};

Connection::Connection(std::shared_ptr<const ConnectionSettings> settings)
    : settings_(std::move(settings)),
      session_(std::make_unique<Session>(settings_->dsn)),
      statements_(settings_->statement_cache),
      timeout_(settings_->statement_timeout) {
    run(session_statements(*settings_));
}

bool Connection::in_transaction() const noexcept {
    const PGTransactionStatusType status = PQtransactionStatus(session_->handle());
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

bool Connection::aborted() const noexcept {
    return PQtransactionStatus(session_->handle()) == PQTRANS_INERROR;
}

bool Connection::reusable() const noexcept {
    return !broken_ && !tainted_ && !copying_ &&
           PQtransactionStatus(session_->handle()) == PQTRANS_IDLE;
}

bool Connection::stale() const noexcept {
    pollfd socket{PQsocket(session_->handle()), POLLIN, 0};
    return poll(&socket, 1, 0) != 0;
}

Rows Connection::execute(std::string_view sql, Params params) {
    check_parameters(sql, params);
    require_ready("query");
    for (bool again = false;; again = true) {
        const bool own_transaction = !in_transaction();
        const StatementCache::Statement& statement = prepare(sql);
        tainted_ = tainted_ || statement.leaves_state;
        try {
            return execute_prepared(statement.name, params);
        } catch (const Error& error) {
            // DDL invalidated the plan, or the statement was deallocated: it was not executed.
            const bool stale_plan = error.sqlstate() == "26000" || error.sqlstate() == "0A000";
            if (!stale_plan) throw;
            statements_.forget(sql);
            if (again || !own_transaction) throw;
        }
    }
}

void Connection::check_parameters(std::string_view sql, Params params) const {
    const auto refuse = [this](const std::string& why) {
        telemetry::log(EZ_LOG_INFO, "db", settings_->pool + ": " + why);
        throw Error(EZ_INVALID, "a text has the character NUL, which the database cannot hold")
            .with_code("nul");
    };
    if (sql.find('\0') != std::string_view::npos) refuse("the statement contains a NUL character");
    for (size_t i = 0; i < params.size(); ++i) {
        const ez_str& text = params[i].text;
        if (params[i].is_null != 0 && params[i].is_null != 1)
            throw Error(EZ_INVALID,
                        settings_->pool + ": parameter $" + std::to_string(i + 1) +
                            ": expected is_null 0 or 1, found " +
                            std::to_string(params[i].is_null));
        if (params[i].is_null == 0 &&
            std::string_view(text.data, text.size).find('\0') != std::string_view::npos) {
            refuse("parameter $" + std::to_string(i + 1) + " contains a NUL character");
        }
    }
    if (params.size() > kMostParameters) {
        throw Error(EZ_INVALID,
                    settings_->pool + ": " + std::to_string(params.size()) +
                        " parameters, expected at most " + std::to_string(kMostParameters));
    }
}

const StatementCache::Statement& Connection::prepare(std::string_view sql) {
    if (const StatementCache::Statement* known = statements_.find(sql); known != nullptr)
        return *known;
    // In an aborted transaction nothing can be deallocated or prepared.
    if (!aborted()) {
        if (const auto victim = statements_.evict(); victim) run("DEALLOCATE " + *victim);
    }
    std::string name = statements_.next_name();
    const std::string text(sql);
    Patience patience{"prepare", Clock::time_point::max(), false, false};
    if (PQsendPrepare(session_->handle(), name.c_str(), text.c_str(), 0, nullptr) == 0) {
        lost("prepare", false, PQerrorMessage(session_->handle()));
    }
    finish("prepare", collect(patience), false);
    return statements_.add(sql, std::move(name));
}

Rows Connection::execute_prepared(const std::string& name, Params params) {
    size_t total = 0;
    for (const ez_value& value : params) total += value.text.size + 1;
    arena_.clear();
    arena_.reserve(total);
    std::vector<const char*> values;
    values.reserve(params.size());
    for (const ez_value& value : params) {
        if (value.is_null != 0) {
            values.push_back(nullptr);
            continue;
        }
        values.push_back(arena_.data() + arena_.size());  // stable: reserved above
        if (value.text.size != 0) arena_.append(value.text.data, value.text.size);
        arena_.push_back('\0');
    }
    Patience patience{"query", Clock::time_point::max(), false, true};
    const int queued = PQsendQueryPrepared(session_->handle(),
                                           name.c_str(),
                                           static_cast<int>(values.size()),
                                           values.data(),
                                           nullptr,
                                           nullptr,
                                           0);
    if (arena_.capacity() > kArenaKept) arena_ = {};
    if (queued == 0) lost("query", false, PQerrorMessage(session_->handle()));
    return finish("query", collect(patience), true);
}

Rows Connection::run(const std::string& sql) {
    require_ready("query");
    Patience patience{"query", Clock::time_point::max(), false, true};
    if (PQsendQuery(session_->handle(), sql.c_str()) == 0) {
        lost("query", false, PQerrorMessage(session_->handle()));
    }
    return finish("query", collect(patience), true);
}

Connection::Answer Connection::collect(Patience& patience) {
    if (timeout_.count() > 0) patience.until = Clock::now() + timeout_ + settings_->cancel_grace;
    flush(patience);
    Answer answer;
    for (;;) {
        while (PQisBusy(session_->handle()) != 0) {
            wait(POLLIN, patience);
            if (PQconsumeInput(session_->handle()) == 0) break;  // the result tells
        }
        Result result(PQgetResult(session_->handle()));
        if (result == nullptr) break;
        const ExecStatusType status = PQresultStatus(result.get());
        const bool failed = status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
        if (!answer.failed) answer = {std::move(result), failed};
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) break;
        if (failed && session_->broken()) break;
    }
    return answer;
}

Rows Connection::finish(std::string_view what, Answer answer, bool executed) {
    broken_ = broken_ || session_->broken();
    const std::string place = settings_->pool + ": " + std::string(what);
    if (answer.failed) {
        const Report report = report_of(answer.result.get());
        if (report.sqlstate.empty())
            lost(what, executed, PQresultErrorMessage(answer.result.get()));
        log_report(place, report);
        Error error = error_of(place, report);
        if (broken_) throw ConnectionLost(std::move(error), executed);
        if (report.sqlstate == "25006") tainted_ = true;  // it may be a standby now
        throw error;
    }
    if (answer.result == nullptr) lost(what, executed, "no result");
    const ExecStatusType status = PQresultStatus(answer.result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        broken_ = true;
        throw Error(EZ_INTERNAL, place + ": COPY is possible through copy_begin only");
    }
    return Rows(answer.result.release());
}

void Connection::copy_begin(const std::string& sql) {
    check_parameters(sql, {});
    require_ready("copy");
    Patience patience{"copy", Clock::time_point::max(), false, true};
    if (PQsendQuery(session_->handle(), sql.c_str()) == 0) {
        lost("copy", false, PQerrorMessage(session_->handle()));
    }
    Answer answer = collect(patience);
    if (!answer.failed && answer.result != nullptr &&
        PQresultStatus(answer.result.get()) == PGRES_COPY_IN) {
        copying_ = true;
        return;
    }
    finish("copy", std::move(answer), true);
    throw Error(EZ_INTERNAL,
                settings_->pool + ": copy: the statement is not a COPY ... FROM STDIN");
}

void Connection::copy_write(std::string_view data) {
    if (!copying_) throw Error(EZ_INTERNAL, settings_->pool + ": copy: none has begun");
    for (size_t start = 0; start < data.size(); start += kCopyCut) {
        const std::string_view part = data.substr(start, kCopyCut);
        Patience patience{"copy", Clock::time_point::max(), false, true};
        if (timeout_.count() > 0)
            patience.until = Clock::now() + timeout_ + settings_->cancel_grace;
        while (PQputCopyData(session_->handle(), part.data(), static_cast<int>(part.size())) != 1) {
            if (session_->broken()) lost("copy", true, PQerrorMessage(session_->handle()));
            wait(POLLOUT, patience);
        }
        flush(patience);
    }
}

int64_t Connection::copy_end(const std::string& abort_reason) {
    if (!copying_) throw Error(EZ_INTERNAL, settings_->pool + ": copy: none has begun");
    copying_ = false;
    const char* reason = abort_reason.empty() ? nullptr : abort_reason.c_str();
    Patience patience{"copy", Clock::time_point::max(), false, true};
    if (timeout_.count() > 0) patience.until = Clock::now() + timeout_ + settings_->cancel_grace;
    while (PQputCopyEnd(session_->handle(), reason) != 1) {
        if (session_->broken()) lost("copy", true, PQerrorMessage(session_->handle()));
        wait(POLLOUT, patience);
    }
    Answer answer = collect(patience);
    if (reason != nullptr && answer.failed && !session_->broken()) return 0;
    return finish("copy", std::move(answer), true).affected();
}

void Connection::flush(Patience& patience) {
    for (int left = PQflush(session_->handle()); left > 0; left = PQflush(session_->handle())) {
        wait(POLLIN | POLLOUT, patience);
        // The server may wait for us to read before it continues reading.
        if (PQconsumeInput(session_->handle()) == 0) return;
    }
}

void Connection::wait(short events, Patience& patience) {
    for (;;) {
        int limit = -1;
        if (patience.until != Clock::time_point::max()) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(patience.until - Clock::now());
            limit = static_cast<int>(
                std::clamp<int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
        }
        pollfd socket{PQsocket(session_->handle()), events, 0};
        const int ready = poll(&socket, 1, limit);
        if (ready > 0) return;
        if (ready < 0) {
            if (errno == EINTR) continue;
            lost(patience.what, patience.sent, "poll failed");
        }
        if (patience.cancelled) give_up_waiting(patience);
        request_cancel();
        patience.cancelled = true;
        patience.until = Clock::now() + settings_->cancel_grace;
    }
}

void Connection::give_up_waiting(const Patience& patience) {
    cut();
    const std::string place = settings_->pool + ": " + std::string(patience.what);
    telemetry::log(
        EZ_LOG_WARN, "db", place + ": the server did not answer in time, the connection is cut");
    if (patience.sent)
        throw ConnectionLost(outcome_unknown("the database did not answer in time"), true);
    // Not a ConnectionLost: a retry would take as long again.
    throw Error(EZ_UNAVAILABLE, "the database did not answer in time")
        .with_code("database_unavailable");
}

void Connection::require_ready(std::string_view what) const {
    const std::string place = settings_->pool + ": " + std::string(what);
    if (broken_) {
        throw ConnectionLost(Error(EZ_UNAVAILABLE, "the connection to the database is broken")
                                 .with_code("database_unavailable"),
                             false);
    }
    if (copying_) throw Error(EZ_INTERNAL, place + ": a COPY is in progress on this transaction");
}

void Connection::lost(std::string_view what, bool sent, std::string_view why) {
    broken_ = true;
    const std::string place = settings_->pool + ": " + std::string(what);
    log_report(place, {"08006", std::string(why.substr(0, why.find('\n'))), {}, {}});
    throw ConnectionLost(Error(EZ_UNAVAILABLE, "the connection to the database was lost")
                             .with_code("database_unavailable")
                             .with_sqlstate("08006"),
                         sent);
}

void Connection::request_cancel() {
    // The cancel request may reach the server late, while another statement runs on this
    // connection.
    tainted_ = true;
    if (settings_->canceller == nullptr) return;
    const std::shared_ptr<PGcancel> request(PQgetCancel(session_->handle()), PQfreeCancel);
    if (request == nullptr) return;
    settings_->canceller->post([request] {
        char why[256];
        PQcancel(request.get(), why, sizeof why);
    });
}

void Connection::cut() noexcept {
    broken_ = true;
    shutdown(PQsocket(session_->handle()), SHUT_RDWR);
    PQconsumeInput(session_->handle());  // lets libpq notice
}

}  // namespace ezapi::host::db
