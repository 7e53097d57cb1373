// The statistics of a set of requests. Sums are integers, cost in billionths of its unit, so that
// the result does not depend on the order of addition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ezapi/json.hpp"
#include "rollup/histogram.hpp"

namespace ezapi::logs {

/// A sum of billionths: with currencies of small units it can exceed 64 bits.
__extension__ typedef __int128 WideSum;  // NOLINT(modernize-use-using)

/// Parses PostgreSQL's text form of a sum of integers.
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

    /// Appends the members of a JSON object, without the braces.
    void append_members(std::string& out) const;
};

/// The JSON schema properties of these members.
[[nodiscard]] Json figures_properties();

}  // namespace ezapi::logs
