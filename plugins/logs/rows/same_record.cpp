#include "rows/same_record.hpp"

#include <array>
#include <cstdint>

namespace ezapi::logs {
namespace {

constexpr std::array<const char*, 10> kNumbers{"master_id",
                                               "key_id",
                                               "provider_group_id",
                                               "provider_id",
                                               "tokens_in",
                                               "tokens_out",
                                               "cached_tokens",
                                               "cost",
                                               "latency_ms",
                                               "status_code"};

std::array<std::int64_t, kNumbers.size()> numbers_of(const RowBlock::Row& row) {
    return {row.master_id,
            row.key_id,
            row.provider_group_id,
            row.provider_id,
            row.tokens_in,
            row.tokens_out,
            row.cached_tokens,
            row.cost_nano,
            row.latency_ms,
            row.status_code};
}

}  // namespace

const char* difference(const RowRef& first, const RowRef& second) {
    const auto left = numbers_of(*first.row);
    const auto right = numbers_of(*second.row);
    for (size_t i = 0; i < kNumbers.size(); ++i) {
        if (left[i] != right[i]) return kNumbers[i];
    }
    if (first.name_space() != second.name_space()) return "namespace";
    if (first.model() != second.model()) return "model";
    const bool timed = first.row->timed && second.row->timed;
    return timed && first.row->created_us != second.row->created_us ? "created_at" : nullptr;
}

const char* difference_to_stored(const RowRef& ref, const Rows& stored, size_t row) {
    const auto numbers = numbers_of(*ref.row);
    size_t column = 1;
    for (size_t i = 0; i < kNumbers.size(); ++i) {
        if (numbers[i] != stored.integer(row, column++)) return kNumbers[i];
    }
    if (ref.name_space() != stored.text(row, column++)) return "namespace";
    if (ref.model() != stored.text(row, column++)) return "model";
    const bool same_time = !ref.row->timed || ref.row->created_us == stored.integer(row, column);
    return same_time ? nullptr : "created_at";
}

}  // namespace ezapi::logs
