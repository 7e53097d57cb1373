#include "rows/row_block.hpp"

#include "rows/pg_binary.hpp"

namespace ezapi::logs {
namespace {

constexpr std::uint16_t kColumns = 21;  // of kCopyRows

void put_id(std::string& out, std::int64_t id) {
    if (id == 0)
        pg_binary::null(out);
    else
        pg_binary::int8(out, id);
}

}  // namespace

RowBlock::Text RowBlock::put(std::string_view text) {
    pg_binary::bytes(bytes_, text);
    const auto size = static_cast<std::uint32_t>(text.size());
    return {static_cast<std::uint32_t>(bytes_.size()) - size, size};
}

void RowBlock::add(const Record& record, size_t index) {
    Row row{.at = static_cast<std::uint32_t>(bytes_.size()),
            .size = 0,
            .request_id = {},
            .name_space = {},
            .model = {},
            .id_hash = identity_hash(record.master_id, record.request_id),
            .created_us = record.created_us,
            .master_id = record.master_id,
            .key_id = record.key_id,
            .provider_group_id = record.provider_group_id,
            .provider_id = record.provider_id,
            .tokens_in = record.tokens_in,
            .tokens_out = record.tokens_out,
            .cached_tokens = record.cached_tokens,
            .cost_nano = record.cost_nano,
            .latency_ms = record.latency_ms,
            .status_code = record.status_code,
            .index = static_cast<std::uint32_t>(index),
            .timed = record.timed};
    pg_binary::begin_row(bytes_, kColumns);
    pg_binary::time(bytes_, record.created_us);
    put_id(bytes_, record.master_id);
    put_id(bytes_, record.key_id);
    put_id(bytes_, record.provider_group_id);
    put_id(bytes_, record.provider_id);
    pg_binary::int8(bytes_, record.tokens_in);
    pg_binary::int8(bytes_, record.tokens_out);
    pg_binary::int8(bytes_, record.cached_tokens);
    pg_binary::int8(bytes_, record.cost_nano);
    pg_binary::int4(bytes_, record.latency_ms);
    if (record.first_token_ms)
        pg_binary::int4(bytes_, *record.first_token_ms);
    else
        pg_binary::null(bytes_);
    pg_binary::int2(bytes_, record.status_code);
    pg_binary::boolean(bytes_, record.stream);
    row.request_id = put(record.request_id);
    put(record.group);
    row.name_space = put(record.name_space);
    row.model = put(record.model);
    put(record.upstream_model);
    put(record.provider_type);
    put(record.error);
    put(record.client_ip);
    row.size = static_cast<std::uint32_t>(bytes_.size()) - row.at;
    rows_.push_back(row);
}

}  // namespace ezapi::logs
