// What PostgreSQL reports, as an Error: the SQLSTATE decides. Messages that can reach a client are
// written here, because the server's may quote bound values; the server's primary message is only
// logged.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/error.hpp"

struct pg_result;

namespace ezapi::host::db {

/// The fields of a server's error report that matter here.
struct Report {
    std::string sqlstate;
    std::string message;  // primary
    std::string constraint;
    std::string column;
};

/// The connection is lost. `sent` is false if the server cannot have executed the statement.
class ConnectionLost : public Error {
public:
    ConnectionLost(Error error, bool sent) : Error(std::move(error)), sent_(sent) {}

    [[nodiscard]] bool sent() const noexcept { return sent_; }

private:
    bool sent_;
};

[[nodiscard]] Report report_of(const pg_result* result);

/// `what` names the operation and pool, e.g. "main: query". It and the constraint appear only in
/// messages of EZ_INTERNAL, which no client sees. The constraint is the error's field.
[[nodiscard]] Error error_of(std::string_view what, const Report& report);

/// Logs the SQLSTATE and the server's message at a level by class; for data exceptions (class 22)
/// without the part that quotes a value.
void log_report(std::string_view what, const Report& report) noexcept;

[[nodiscard]] Error outcome_unknown(std::string_view why);

}  // namespace ezapi::host::db
