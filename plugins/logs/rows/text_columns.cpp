#include "rows/text_columns.hpp"

#include <cstdint>
#include <string_view>

#include "ezapi/base/pg_array.hpp"
#include "ezapi/time.hpp"
#include "rows/pg_binary.hpp"

namespace ezapi::logs {
namespace {

enum class Form { time, number, boolean, text };

constexpr Form form_of(size_t column) {
    constexpr size_t kStream = 12;
    if (column == 0) return Form::time;
    if (column == kStream) return Form::boolean;
    return column < kStream ? Form::number : Form::text;
}

/// Decodes a signed number in network order.
std::int64_t number_of(std::string_view bytes) {
    std::uint64_t value = (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0 ? ~0ULL : 0;
    for (const char c : bytes) value = (value << 8U) | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(value);
}

/// With microseconds, which format_time omits.
std::string time_text(std::int64_t since_epoch) {
    const Timestamp time{std::chrono::microseconds(since_epoch + pg_binary::kEpoch)};
    std::string out = format_time(time);
    const auto micros = (time - std::chrono::floor<std::chrono::milliseconds>(time)).count();
    std::string rest = std::to_string(1000 + micros);
    out.replace(out.size() - 1, 1, rest.substr(1) + "Z");
    return out;
}

void append_value(std::string& array, Form form, std::string_view bytes) {
    switch (form) {
        case Form::time:
            return append_pg_element(array, time_text(number_of(bytes)));
        case Form::boolean:
            return append_pg_element(array, bytes.front() != '\0' ? "t" : "f");
        case Form::number:
            return append_pg_element(array, std::to_string(number_of(bytes)));
        case Form::text:
            return append_pg_element(array, bytes);
    }
}

}  // namespace

std::array<std::string, kRowColumns> text_columns(std::span<const RowRef> rows) {
    std::array<std::string, kRowColumns> out;
    for (const RowRef& ref : rows) {
        if (!ref.is_new()) continue;
        std::string_view bytes = ref.block->bytes(*ref.row).substr(2);
        for (size_t column = 0; column < kRowColumns; ++column) {
            const std::int64_t size = number_of(bytes.substr(0, 4));
            bytes.remove_prefix(4);
            if (size < 0) {
                out[column] += out[column].empty() ? "{NULL" : ",NULL";
                continue;
            }
            append_value(out[column], form_of(column), bytes.substr(0, static_cast<size_t>(size)));
            bytes.remove_prefix(static_cast<size_t>(size));
        }
    }
    for (std::string& array : out) array += array.empty() ? "{}" : "}";
    return out;
}

}  // namespace ezapi::logs
