// Clients of POST /internal/logs.
#pragma once

#include <string>
#include <vector>

#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {

/// `count` records `<prefix>-0` ... as a JSON array; each with 10 input and 5 output tokens.
[[nodiscard]] inline std::string records(const std::string& prefix, size_t count) {
    std::string body = "[";
    for (size_t i = 0; i < count; ++i) {
        body += (i == 0 ? "" : ",") + ("{\"request_id\":\"" + prefix + "-" + std::to_string(i)) +
                "\",\"master_id\":1,\"key_id\":2,\"model\":\"gpt-4o\",\"latency_ms\":120,"
                "\"tokens_in\":10,\"tokens_out\":5}";
    }
    return body + "]";
}

[[nodiscard]] inline HttpAnswer ingest(HttpClient& client,
                                       const std::string& body,
                                       const std::string& type = "application/json") {
    return client.send("POST", "/internal/logs", body, {{"Content-Type", type}});
}

/// A fresh database whose commits survive a server crash; the usual test databases do not need
/// that.
[[nodiscard]] inline std::string durable_database(PrivatePostgres& server) {
    std::string dsn = server.fresh_database();
    SqlReader(dsn).query(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on',"
        " current_database()); END $$");
    return dsn;
}

/// The number of rows, and that of requests in the rollups: "rows requests".
[[nodiscard]] inline std::string stored(const std::string& dsn) {
    SqlReader sql(dsn);
    return sql.value("SELECT count(*) FROM request_logs") + " " +
           sql.value("SELECT coalesce(sum(requests), 0) FROM request_log_hours");
}

}  // namespace ezapi::tests
