// The accepted records of one body: the bytes that COPY sends, and beside them the values of each
// row that the writer needs (id and measures). Filled by the thread that parses the body, so that
// the single writer only has to concatenate blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rows/record.hpp"

namespace ezapi::logs {

inline constexpr const char* kCopyRows =
    "COPY request_logs (created_at, master_id, key_id, provider_group_id, provider_id, tokens_in,"
    " tokens_out, cached_tokens, cost_nano, latency_ms, first_token_ms, status_code, stream,"
    " request_id, \"group\", namespace, model, upstream_model, provider_type, error, client_ip)"
    " FROM STDIN (FORMAT binary)";

/// Hash of a record's identity: masters do not share request ids.
[[nodiscard]] inline std::uint64_t identity_hash(std::int64_t master_id,
                                                 std::string_view request_id) {
    constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15U;
    return std::hash<std::string_view>{}(request_id) ^
           (static_cast<std::uint64_t>(master_id) * kSpread);
}

class RowBlock {
public:
    /// A text within the bytes of the block.
    struct Text {
        std::uint32_t at = 0;
        std::uint32_t size = 0;
    };

    struct Row {
        std::uint32_t at = 0;  // offset into the bytes of the block
        std::uint32_t size = 0;
        Text request_id;
        Text name_space;
        Text model;
        std::uint64_t id_hash = 0;  // of master_id and request_id
        std::int64_t created_us = 0;
        std::int64_t master_id = 0;
        std::int64_t key_id = 0;
        std::int64_t provider_group_id = 0;
        std::int64_t provider_id = 0;
        std::int64_t tokens_in = 0;
        std::int64_t tokens_out = 0;
        std::int64_t cached_tokens = 0;
        std::int64_t cost_nano = 0;
        std::int32_t latency_ms = 0;
        std::int16_t status_code = 0;
        std::uint32_t index = 0;  // position of the record in its body
        bool timed = false;       // created_us is from the record
    };

    void add(const Record& record, size_t index);

    [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

    [[nodiscard]] size_t size() const { return rows_.size(); }

    [[nodiscard]] std::string_view text(Text text) const {
        return std::string_view(bytes_).substr(text.at, text.size);
    }

    [[nodiscard]] std::string_view bytes(const Row& row) const {
        return std::string_view(bytes_).substr(row.at, row.size);
    }

private:
    Text put(std::string_view text);

    std::string bytes_;
    std::vector<Row> rows_;
};

/// A row of some block, and its outcome.
struct RowRef {
    /// reused: the request id belongs to a different record.
    enum class Fate { stored, duplicate, reused, refused };

    const RowBlock* block = nullptr;
    const RowBlock::Row* row = nullptr;
    Fate fate = Fate::stored;
    const char* differs_in = nullptr;  // reused: the first field in which the two differ

    [[nodiscard]] bool is_new() const { return fate == Fate::stored; }

    [[nodiscard]] std::string_view request_id() const { return block->text(row->request_id); }

    [[nodiscard]] std::string_view name_space() const { return block->text(row->name_space); }

    [[nodiscard]] std::string_view model() const { return block->text(row->model); }
};

}  // namespace ezapi::logs
