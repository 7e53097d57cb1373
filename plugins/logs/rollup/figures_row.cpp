#include "rollup/figures_row.hpp"

#include "rollup/saturation.hpp"
#include "rows/pg_binary.hpp"

namespace ezapi::logs {
namespace {

unsigned digit(char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
}

}  // namespace

std::string from_hex(std::string_view text) {
    std::string out;
    for (size_t i = 2; i + 1 < text.size(); i += 2)
        out.push_back(static_cast<char>((digit(text[i]) << 4U) | digit(text[i + 1])));
    return out;
}

void Figures::add(const Rows& rows, size_t row, size_t column) {
    for (std::int64_t& sum : sums) sum = saturated_sum(sum, rows.integer(row, column++));
    latency.merge(from_hex(rows.text(row, column)));
}

void Figures::append_to(std::string& copy) const {
    for (const std::int64_t sum : sums) pg_binary::int8(copy, sum);
    pg_binary::bytes(copy, latency.encode());
}

}  // namespace ezapi::logs
