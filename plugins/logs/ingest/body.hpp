// The body of POST /internal/logs: a JSON array of records or one record per line (NDJSON),
// optionally compressed with gzip.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ingest/record_reader.hpp"
#include "rows/row_block.hpp"

namespace ezapi::logs {

/// What was repaired in the records of a body: the number of repairs per field, and the first
/// records concerned.
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
    size_t records = 10000;  // of one body, valid or not: at most the queue's capacity
    size_t bytes = 0;        // after decompression
};

/// Throws 400 when an array is not JSON, 413 beyond the limits, 415 for other types and encodings.
/// A line of NDJSON that is not JSON is refused like any other record that cannot be counted.
[[nodiscard]] ParsedBody parse_body(std::string_view body,
                                    std::optional<std::string_view> content_type,
                                    std::optional<std::string_view> content_encoding,
                                    const BodyLimits& limits,
                                    std::int64_t now_us);

}  // namespace ezapi::logs
