// Accesses the database independently of the server under test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pg_conn;

namespace ezapi::tests {

using SqlRow = std::vector<std::optional<std::string>>;

class SqlReader {
public:
    explicit SqlReader(const std::string& dsn);

    /// Runs any single statement. Throws std::runtime_error with the server's message.
    std::vector<SqlRow> query(const std::string& sql);

    /// The first cell of the first row; empty when there is no row.
    std::string value(const std::string& sql);

private:
    struct Close {
        void operator()(pg_conn* connection) const;
    };

    std::unique_ptr<pg_conn, Close> connection_;
};

}  // namespace ezapi::tests
