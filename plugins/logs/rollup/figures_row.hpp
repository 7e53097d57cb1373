// The measures that all statistics consist of, and how rows of request_log_hours and
// request_log_summaries store them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ezapi/db.hpp"
#include "rollup/histogram.hpp"

namespace ezapi::logs {

/// The columns of `Figures`, in its order; `latency` is read as text in hex form.
inline constexpr const char* kFigureColumns =
    "requests, errors, tokens_in, tokens_out, tokens_cached, cost_nano, latency_sum_ms, latency";

struct Figures {
    std::array<std::int64_t, 7> sums{};
    LatencyHistogram latency;

    /// Adds a row whose columns from `column` on are `kFigureColumns`.
    void add(const Rows& rows, size_t row, size_t column);

    /// Appends the columns in the binary COPY format.
    void append_to(std::string& copy) const;

    friend bool operator==(const Figures&, const Figures&) = default;
};

/// Decodes PostgreSQL's hex form of bytea (`\x…`). Throws ezapi::Error for any other text.
[[nodiscard]] std::string from_bytea(std::string_view text);

}  // namespace ezapi::logs
