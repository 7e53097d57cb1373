#include "rollup/deltas.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "rollup/histogram.hpp"
#include "rollup/saturation.hpp"
#include "rows/pg_binary.hpp"

namespace ezapi::logs {
namespace {

constexpr std::uint16_t kColumns = 17;  // of kCopyHours

std::uint64_t mixed(std::uint64_t seed, std::uint64_t value) {
    seed ^= value + 0x9E3779B97F4A7C15ULL + (seed << 6U) + (seed >> 2U);
    return seed * 0xD6E8FEB86659FD93ULL;
}

std::uint64_t hash_of(const RowRef& ref) {
    const RowBlock::Row& row = *ref.row;
    std::uint64_t seed = std::hash<std::string_view>{}(ref.model());
    seed = mixed(seed, std::hash<std::string_view>{}(ref.name_space()));
    for (const std::int64_t part : {hour_of(row.created_us),
                                    row.master_id,
                                    row.key_id,
                                    row.provider_group_id,
                                    row.provider_id,
                                    std::int64_t{row.status_code / 100}})
        seed = mixed(seed, static_cast<std::uint64_t>(part));
    return seed;
}

bool same_combination(const RowRef& left, const RowRef& right) {
    const RowBlock::Row& a = *left.row;
    const RowBlock::Row& b = *right.row;
    return a.key_id == b.key_id && a.master_id == b.master_id && a.provider_id == b.provider_id &&
           a.provider_group_id == b.provider_group_id &&
           a.status_code / 100 == b.status_code / 100 &&
           hour_of(a.created_us) == hour_of(b.created_us) && left.model() == right.model() &&
           left.name_space() == right.name_space();
}

/// Combines the rows of one combination into one row of the table.
class Delta {
public:
    void begin(const RowRef& first) {
        first_ = first;
        requests_ = errors_ = tokens_in_ = tokens_out_ = tokens_cached_ = cost_nano_ = latency_ = 0;
        histogram_.clear();
    }

    void add(const RowBlock::Row& row) {
        ++requests_;
        errors_ += row.status_code >= 400 ? 1 : 0;
        tokens_in_ = saturated_sum(tokens_in_, row.tokens_in);
        tokens_out_ = saturated_sum(tokens_out_, row.tokens_out);
        tokens_cached_ = saturated_sum(tokens_cached_, row.cached_tokens);
        cost_nano_ = saturated_sum(cost_nano_, row.cost_nano);
        latency_ = saturated_sum(latency_, row.latency_ms);
        histogram_.add(row.latency_ms);
    }

    void append_to(std::string& out) const {
        const RowBlock::Row& row = *first_.row;
        pg_binary::begin_row(out, kColumns);
        pg_binary::time(out, hour_of(row.created_us));
        for (const std::int64_t number : {row.master_id,
                                          row.key_id,
                                          row.provider_group_id,
                                          row.provider_id,
                                          requests_,
                                          errors_,
                                          tokens_in_,
                                          tokens_out_,
                                          tokens_cached_,
                                          cost_nano_,
                                          latency_})
            pg_binary::int8(out, number);
        pg_binary::int2(out, static_cast<std::int16_t>(row.status_code / 100));
        pg_binary::boolean(out, false);
        pg_binary::bytes(out, first_.name_space());
        pg_binary::bytes(out, first_.model());
        pg_binary::bytes(out, histogram_.encode());
    }

private:
    RowRef first_;
    std::int64_t requests_ = 0;
    std::int64_t errors_ = 0;
    std::int64_t tokens_in_ = 0;
    std::int64_t tokens_out_ = 0;
    std::int64_t tokens_cached_ = 0;
    std::int64_t cost_nano_ = 0;
    std::int64_t latency_ = 0;
    LatencyHistogram histogram_;
};

}  // namespace

std::vector<std::int64_t> hours_of(std::span<const RowRef> rows) {
    std::vector<std::int64_t> hours;
    for (const RowRef& ref : rows) {
        const std::int64_t hour = hour_of(ref.row->created_us);
        if (hours.empty() || hours.back() != hour) hours.push_back(hour);
    }
    std::sort(hours.begin(), hours.end());
    hours.erase(std::unique(hours.begin(), hours.end()), hours.end());
    return hours;
}

std::string deltas_of(std::span<const RowRef> rows) {
    std::vector<std::pair<std::uint64_t, const RowRef*>> order;
    order.reserve(rows.size());
    for (const RowRef& ref : rows) {
        if (ref.is_new()) order.emplace_back(hash_of(ref), &ref);
    }
    std::sort(order.begin(), order.end());

    std::string out;
    out.reserve(order.size() * 192 + 64);
    out += pg_binary::kHeader;
    Delta delta;
    for (size_t i = 0; i < order.size();) {
        const RowRef& first = *order[i].second;
        delta.begin(first);
        // Hash collisions may split a combination into two rows, which is harmless.
        for (; i < order.size() && same_combination(first, *order[i].second); ++i)
            delta.add(*order[i].second->row);
        delta.append_to(out);
    }
    out += pg_binary::kTrailer;
    return out;
}

}  // namespace ezapi::logs
