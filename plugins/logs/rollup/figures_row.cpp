#include "rollup/figures_row.hpp"

#include <array>

#include "ezapi/error.hpp"
#include "rollup/saturation.hpp"
#include "rows/pg_binary.hpp"

namespace ezapi::logs {
namespace {

constexpr unsigned char kNoDigit = 0x80;

constexpr std::array<unsigned char, 256> make_digits() {
    std::array<unsigned char, 256> out{};
    out.fill(kNoDigit);
    for (unsigned char value = 0; value < 16; ++value)
        out[static_cast<unsigned char>("0123456789abcdef"[value])] = value;
    return out;
}

}  // namespace

std::string from_bytea(std::string_view text) {
    static constexpr std::array<unsigned char, 256> kDigits = make_digits();
    if (!text.starts_with("\\x") || text.size() % 2 != 0)
        throw Error(EZ_INTERNAL, "expected a bytea in hex");
    text.remove_prefix(2);
    std::string out(text.size() / 2, '\0');
    unsigned all = 0;
    for (size_t i = 0; i < out.size(); ++i) {
        const unsigned high = kDigits[static_cast<unsigned char>(text[2 * i])];
        const unsigned low = kDigits[static_cast<unsigned char>(text[2 * i + 1])];
        all |= high | low;
        out[i] = static_cast<char>((high << 4U) | low);
    }
    if ((all & kNoDigit) != 0) throw Error(EZ_INTERNAL, "expected a bytea in hex");
    return out;
}

void Figures::add(const Rows& rows, size_t row, size_t column) {
    for (std::int64_t& sum : sums) sum = saturated_sum(sum, rows.integer(row, column++));
    latency.merge(from_bytea(rows.text(row, column)));
}

void Figures::append_to(std::string& copy) const {
    for (const std::int64_t sum : sums) pg_binary::int8(copy, sum);
    pg_binary::bytes(copy, latency.encode());
}

}  // namespace ezapi::logs
