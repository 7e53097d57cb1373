// The figures that every statistic is made of, and how rows of request_log_hours and of
// request_log_summaries carry them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ezapi/db.hpp"
#include "rollup/histogram.hpp"

namespace ezapi::logs {

/// The columns of `Figures`, in its order; `latency` is text in hexadecimal form when it is read.
inline constexpr const char* kFigureColumns =
    "requests, errors, tokens_in, tokens_out, tokens_cached, cost_nano, latency_sum_ms, latency";

struct Figures {
    std::array<std::int64_t, 7> sums{};
    LatencyHistogram latency;

    /// Adds a row that has `kFigureColumns` from `column` on.
    void add(const Rows& rows, size_t row, size_t column);

    /// The columns, in the binary form of COPY.
    void append_to(std::string& copy) const;

    friend bool operator==(const Figures&, const Figures&) = default;
};

/// The bytes of PostgreSQL's `\x…`. Throws ezapi::Error for any other text.
[[nodiscard]] std::string from_bytea(std::string_view text);

}  // namespace ezapi::logs
