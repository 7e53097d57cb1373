// One body on its way from the client to the log database.
#pragma once

#include <chrono>
#include <optional>

#include "ezapi/http.hpp"
#include "ingest/body.hpp"

namespace ezapi::logs {

struct Delivery {
    ParsedBody body;
    std::optional<Exchange> exchange;  // waits for the commit; none: already answered
    std::chrono::steady_clock::time_point arrived;

    [[nodiscard]] size_t records() const { return body.rows.size(); }
};

/// The answer to a body.
[[nodiscard]] Response ingest_answer(int status,
                                     size_t accepted,
                                     size_t duplicates,
                                     const ParsedBody& body);

}  // namespace ezapi::logs
