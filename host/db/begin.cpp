#include "host/db/begin.hpp"

#include "ezapi/error.hpp"
#include "ezapi/prefix.hpp"

namespace ezapi::host::db {
namespace {

const char* level_of(int32_t isolation) {
    switch (isolation) {
        case EZ_READ_COMMITTED:
            return "READ COMMITTED";
        case EZ_REPEATABLE_READ:
            return "REPEATABLE READ";
        case EZ_SERIALIZABLE:
            return "SERIALIZABLE";
        default:
            break;
    }
    throw Error(EZ_INVALID,
                "transaction: isolation level " + std::to_string(isolation) +
                    " is unknown, expected 0 to 2");
}

}  // namespace

BeginStatement begin_statement(const ez_tx_options* options) {
    const ez_tx_options known =
        options == nullptr ? ez_tx_options{} : taken(options, "transaction");
    BeginStatement begin;
    begin.sql = std::string("BEGIN ISOLATION LEVEL ") + level_of(known.isolation) +
                (known.read_only != 0 ? " READ ONLY" : " READ WRITE");
    if (known.statement_timeout_ms != 0) {
        begin.sql += ";SET LOCAL statement_timeout=" + std::to_string(known.statement_timeout_ms);
        begin.statement_timeout = std::chrono::milliseconds(known.statement_timeout_ms);
    }
    if (known.lock_timeout_ms != 0) {
        begin.sql += ";SET LOCAL lock_timeout=" + std::to_string(known.lock_timeout_ms);
    }
    return begin;
}

}  // namespace ezapi::host::db
