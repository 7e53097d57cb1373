// Reads the database beside the server under test.
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

    /// One statement, any kind. Throws std::runtime_error with the server's message.
    std::vector<SqlRow> query(const std::string& sql);

    /// The one cell of the first row; empty where there is no row.
    std::string value(const std::string& sql);

private:
    struct Close {
        void operator()(pg_conn* connection) const;
    };

    std::unique_ptr<pg_conn, Close> connection_;
};

}  // namespace ezapi::tests
