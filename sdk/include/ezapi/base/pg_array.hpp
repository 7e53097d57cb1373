// PostgreSQL arrays as text, for parameters such as `= ANY($1::bigint[])` and `unnest($1::text[])`.
//
//     db.query("SELECT name FROM masters WHERE id = ANY($1::bigint[])", {pg_array(ids)});
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ezapi/base/numbers.hpp"

namespace ezapi {

/// Appends a text to an array under construction: `{"a"` becomes `{"a","b"`. Start with an empty
/// string and append `}` at the end.
inline void append_pg_element(std::string& array, std::string_view text) {
    array += array.empty() ? "{\"" : ",\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') array.push_back('\\');
        array.push_back(c);
    }
    array.push_back('"');
}

/// The array of a range of integers, or of texts without NUL.
template <class Items>
[[nodiscard]] std::string pg_array(const Items& items) {
    std::string out;
    for (const auto& item : items) {
        if constexpr (std::integral<std::remove_cvref_t<decltype(item)>>)
            out += (out.empty() ? "{" : ",") + std::to_string(item);
        else
            append_pg_element(out, std::string_view(item));
    }
    return out.empty() ? "{}" : out + "}";
}

/// The array of those texts that are ids. Others, such as "01", cannot name an entity and are left
/// out.
[[nodiscard]] inline std::string pg_ids(std::span<const std::string_view> texts) {
    std::vector<std::int64_t> ids;
    for (const std::string_view text : texts) {
        if (const auto id = parse_id(text)) ids.push_back(*id);
    }
    return pg_array(ids);
}

/// The integers of an array as PostgreSQL returns it, `{1,2,3}`. NULL elements are left out.
[[nodiscard]] inline std::vector<std::int64_t> integers_of(std::string_view array) {
    std::vector<std::int64_t> out;
    if (array.starts_with('{')) array.remove_prefix(1);
    if (array.ends_with('}')) array.remove_suffix(1);
    while (!array.empty()) {
        const size_t comma = array.find(',');
        if (const auto value = parse_integer(array.substr(0, comma))) out.push_back(*value);
        array = comma == std::string_view::npos ? std::string_view{} : array.substr(comma + 1);
    }
    return out;
}

}  // namespace ezapi
