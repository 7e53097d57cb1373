#include "tests/support/sql_reader.hpp"

#include <libpq-fe.h>

#include <stdexcept>

namespace ezapi::tests {

void SqlReader::Close::operator()(pg_conn* connection) const {
    PQfinish(connection);
}

SqlReader::SqlReader(const std::string& dsn) : connection_(PQconnectdb(dsn.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK)
        throw std::runtime_error(std::string("test: ") + PQerrorMessage(connection_.get()));
}

std::vector<SqlRow> SqlReader::query(const std::string& sql) {
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
        PQexec(connection_.get(), sql.c_str()), PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        throw std::runtime_error(std::string("test: ") + PQresultErrorMessage(result.get()));
    std::vector<SqlRow> rows(static_cast<size_t>(PQntuples(result.get())));
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        for (int column = 0; column < PQnfields(result.get()); ++column) {
            if (PQgetisnull(result.get(), row, column) != 0) {
                rows[static_cast<size_t>(row)].emplace_back();
            } else {
                rows[static_cast<size_t>(row)].emplace_back(
                    std::string(PQgetvalue(result.get(), row, column)));
            }
        }
    }
    return rows;
}

std::string SqlReader::value(const std::string& sql) {
    const std::vector<SqlRow> rows = query(sql);
    return rows.empty() || rows[0].empty() ? std::string() : rows[0][0].value_or("");
}

}  // namespace ezapi::tests
