// The body of POST /internal/logs: a JSON array of records, or one record a line (NDJSON), as it is
// or packed by gzip.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ingest/record_reader.hpp"
#include "rows/row_block.hpp"

namespace ezapi::logs {

/// What was repaired of the records of a body: how often each field was, and the first records.
struct Repairs {
    static constexpr size_t kMostListed = 1000;

    size_t records = 0;
    std::vector<Repair> listed;
    std::array<std::uint32_t, RecordReader::kCount + 1> by_field{};  // the last: unknown names

    void add(size_t index, const Repair& repair);
};

struct ParsedBody {
    RowBlock rows;
    std::vector<Refusal> refused;
    Repairs repairs;
};

struct BodyLimits {
    size_t records = 10000;  // of one body, good and bad: no more than the queue can ever take
    size_t bytes = 0;        // after inflating
};

/// Throws 400 where an array is no JSON, 413 beyond the limits, 415 for other types and encodings.
/// A line of NDJSON that is no JSON is refused like any other record that cannot be counted.
[[nodiscard]] ParsedBody parse_body(std::string_view body,
                                    std::optional<std::string_view> content_type,
                                    std::optional<std::string_view> content_encoding,
                                    const BodyLimits& limits,
                                    std::int64_t now_us);

}  // namespace ezapi::logs
