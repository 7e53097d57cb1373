// Reads the query parameters of a request. A value that is not valid throws 400 with the code
// `invalid_query`, the parameter as the field, and what was expected and found.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "ezapi/base/numbers.hpp"
#include "ezapi/error.hpp"
#include "ezapi/text.hpp"

namespace ezapi {

/// The 400 for one parameter.
[[nodiscard]] inline Error bad_query(std::string_view name, const std::string& why) {
    return Error(EZ_INVALID, std::string(name) + ": " + why)
        .with_code("invalid_query")
        .with_field(std::string(name));
}

/// The 400 for a parameter's value: "expected <expected>, found '<value>'".
[[nodiscard]] inline Error unexpected_query(std::string_view name,
                                            const std::string& expected,
                                            std::string_view value) {
    return bad_query(name,
                     "expected " + expected + ", found '" + shortened(std::string(value)) + "'");
}

/// An integer from `least` to `most`, inclusive.
[[nodiscard]] inline std::int64_t query_integer(
    std::string_view name,
    std::string_view text,
    std::int64_t least = std::numeric_limits<std::int64_t>::min(),
    std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
    using Limits = std::numeric_limits<std::int64_t>;
    const auto value = parse_integer(text);
    if (value && *value >= least && *value <= most) return *value;
    std::string expected = "an integer";
    if (most != Limits::max())
        expected += " from " + std::to_string(least) + " to " + std::to_string(most);
    else if (least != Limits::min())
        expected += " of at least " + std::to_string(least);
    throw unexpected_query(name, expected, text);
}

/// `true` or `false`.
[[nodiscard]] inline bool query_flag(std::string_view name, std::string_view text) {
    if (text != "true" && text != "false") throw unexpected_query(name, "true or false", text);
    return text == "true";
}

/// The text itself. Throws when it contains NUL, which PostgreSQL cannot store.
[[nodiscard]] inline std::string_view query_text(std::string_view name, std::string_view text) {
    if (text.find('\0') != std::string_view::npos)
        throw bad_query(name, "the character NUL is not allowed");
    return text;
}

}  // namespace ezapi
