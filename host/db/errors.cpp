#include "host/db/errors.hpp"

#include <libpq-fe.h>

#include <array>

#include "ezapi/error.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::db {
namespace {

/// A code or, with two characters, a class of codes. The first match applies.
struct Rule {
    std::string_view sqlstate;
    ez_status status;
    std::string_view code;
    int http_status;
    int32_t log_level;
    std::string_view text;
};

constexpr std::array kRules{
    Rule{"23505", EZ_CONFLICT, "unique", 0, EZ_LOG_DEBUG, "this value exists already"},
    Rule{"23503",
         EZ_CONFLICT,
         "foreign_key",
         0,
         EZ_LOG_DEBUG,
         "it refers to a row that does not exist, or a row refers to it"},
    Rule{"23502", EZ_INVALID, "required", 0, EZ_LOG_INFO, "a value is required"},
    Rule{"23514", EZ_INVALID, "check", 0, EZ_LOG_INFO, "the value is outside of what is allowed"},
    Rule{"23P01", EZ_CONFLICT, "exclusion", 0, EZ_LOG_DEBUG, "it overlaps an existing row"},
    Rule{"23", EZ_CONFLICT, "integrity", 0, EZ_LOG_INFO, "an integrity rule is violated"},
    Rule{"22", EZ_INVALID, "value", 0, EZ_LOG_INFO, "a value has the wrong form or range"},
    Rule{"40001",
         EZ_CONFLICT,
         "retry",
         503,
         EZ_LOG_INFO,
         "another transaction was faster, try again"},
    Rule{"40P01",
         EZ_CONFLICT,
         "retry",
         503,
         EZ_LOG_WARN,
         "deadlock with another transaction, try again"},
    Rule{"55P03",
         EZ_CONFLICT,
         "retry",
         503,
         EZ_LOG_INFO,
         "a row stayed locked by another, try again"},
    Rule{"57014",
         EZ_TIMEOUT,
         "statement_timeout",
         0,
         EZ_LOG_WARN,
         "the database took longer than the statement timeout allows"},
    Rule{"25P03",
         EZ_TIMEOUT,
         "transaction_timeout",
         0,
         EZ_LOG_WARN,
         "the transaction was idle for too long"},
    Rule{"25P02",
         EZ_CONFLICT,
         "aborted",
         0,
         EZ_LOG_DEBUG,
         "an earlier error aborted the transaction"},
    Rule{"25006", EZ_UNAVAILABLE, "read_only", 0, EZ_LOG_WARN, "the database is read-only"},
    // A stale prepared statement, which is prepared again; a caller that still gets the error
    // reports it.
    Rule{"0A000", EZ_INTERNAL, "", 0, EZ_LOG_DEBUG, ""},
    Rule{"26000", EZ_INTERNAL, "", 0, EZ_LOG_DEBUG, ""},
    Rule{"08",
         EZ_UNAVAILABLE,
         "database_unavailable",
         0,
         EZ_LOG_WARN,
         "the connection to the database failed"},
    Rule{"57P",
         EZ_UNAVAILABLE,
         "database_unavailable",
         0,
         EZ_LOG_WARN,
         "the database is shutting down or starting"},
    Rule{"53",
         EZ_UNAVAILABLE,
         "database_unavailable",
         0,
         EZ_LOG_ERROR,
         "the database is out of resources"},
};

const Rule* rule_of(std::string_view sqlstate) noexcept {
    for (const Rule& rule : kRules) {
        if (sqlstate.starts_with(rule.sqlstate)) return &rule;
    }
    return nullptr;
}

std::string text_of(const pg_result* result, int field) {
    const char* text = PQresultErrorField(result, field);
    return text == nullptr ? std::string{} : std::string(text);
}

}  // namespace

Report report_of(const pg_result* result) {
    return {text_of(result, PG_DIAG_SQLSTATE),
            text_of(result, PG_DIAG_MESSAGE_PRIMARY),
            text_of(result, PG_DIAG_CONSTRAINT_NAME),
            text_of(result, PG_DIAG_COLUMN_NAME)};
}

Error error_of(std::string_view what, const Report& report) {
    const Rule* rule = rule_of(report.sqlstate);
    if (rule == nullptr || rule->text.empty()) {
        return Error(EZ_INTERNAL, std::string(what) + ": " + report.sqlstate + " " + report.message)
            .with_sqlstate(report.sqlstate);
    }
    const std::string field = report.constraint.empty() ? report.column : report.constraint;
    return Error(rule->status, std::string(rule->text))
        .with_code(std::string(rule->code))
        .with_field(field)
        .with_http(rule->http_status)
        .with_sqlstate(report.sqlstate);
}

void log_report(std::string_view what, const Report& report) noexcept {
    const Rule* rule = rule_of(report.sqlstate);
    const int32_t level = rule == nullptr ? EZ_LOG_ERROR : rule->log_level;
    if (level < telemetry::level()) return;
    std::string_view message = report.message;
    // 'invalid input syntax for type uuid: "..."'
    if (report.sqlstate.starts_with("22"))
        message = message.substr(0, message.find_first_of(":\""));
    (void)guard(nullptr, [&] {
        std::string line(what);
        line.append(": ").append(report.sqlstate).append(" ").append(message);
        if (!report.constraint.empty()) line.append(" (").append(report.constraint).append(")");
        telemetry::log(level, "db", line);
    });
}

Error outcome_unknown(std::string_view why) {
    return Error(EZ_TIMEOUT, std::string(why) + "; what was asked for may have been done")
        .with_code("outcome_unknown");
}

}  // namespace ezapi::host::db
