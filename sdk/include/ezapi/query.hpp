// What routes read from the query of a request, and how they refuse it.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "ezapi/error.hpp"
#include "ezapi/text.hpp"

namespace ezapi {
namespace detail {

inline Error bad_query(std::string_view name, const std::string& why) {
    return Error(EZ_INVALID, std::string(name) + ": " + why)
        .with_code("invalid_query")
        .with_field(std::string(name));
}

}  // namespace detail

/// A whole number from `least` to `most`. Throws 400 for another text, with what was expected and
/// what was found.
[[nodiscard]] inline std::int64_t query_integer(
    std::string_view name,
    std::string_view text,
    std::int64_t least = std::numeric_limits<std::int64_t>::min(),
    std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
    using Limits = std::numeric_limits<std::int64_t>;
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault == std::errc{} && end == text.data() + text.size() && value >= least && value <= most)
        return value;
    std::string expected = "expected an integer";
    if (most != Limits::max())
        expected += " from " + std::to_string(least) + " to " + std::to_string(most);
    else if (least != Limits::min())
        expected += " of at least " + std::to_string(least);
    throw detail::bad_query(name, expected + ", found '" + shortened(std::string(text), 80) + "'");
}

}  // namespace ezapi
