// What statistics tell of a set of requests. Sums are whole numbers, cost in billionths of its
// unit, so that any order of adding gives the same result.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ezapi/json.hpp"
#include "rollup/histogram.hpp"

namespace ezapi::logs {

/// Of billionths: costs in currencies of small units add up to more than 64 bits hold.
__extension__ typedef __int128 WideSum;  // NOLINT(modernize-use-using)

/// Reads PostgreSQL's text of a sum of integers.
[[nodiscard]] WideSum wide_sum(std::string_view text);

struct Aggregate {
    std::int64_t requests = 0;
    std::int64_t errors = 0;
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;
    std::int64_t tokens_cached = 0;
    WideSum cost_nano = 0;
    std::int64_t latency_sum_ms = 0;
    LatencyHistogram latency = {};

    void add(const Aggregate& other);

    /// Appends the members of a JSON object, without its braces.
    void append_members(std::string& out) const;
};

/// The properties of a schema, one for each member.
[[nodiscard]] Json figures_properties();

}  // namespace ezapi::logs
