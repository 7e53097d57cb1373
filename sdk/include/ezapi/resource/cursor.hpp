// What a cursor of a list belongs to: one collection with one set of filters, search and sort. Page
// size and count may change from page to page.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/http.hpp"
#include "ezapi/query.hpp"
#include "ezapi/resource/digest.hpp"
#include "ezapi/resource/spec.hpp"

namespace ezapi::detail {

inline Error foreign_cursor() {
    return bad_query("cursor", "not one that this list has handed out");
}

inline Error cursor_of_another_list() {
    return bad_query("cursor",
                     "belongs to another collection, filter, search or sort: expected those of the "
                     "page that it came from");
}

/// The digest of the collection and the query: it differs where they do. The order of query
/// parameters does not matter.
[[nodiscard]] inline std::string list_mark(const Request& request, const Within* within) {
    Digest digest;
    const auto add = [&](std::string_view text) {
        digest.add(text);
        digest.separate();
    };
    add(request.path());
    add(within != nullptr ? within->field + "=" + std::to_string(within->id) : std::string());
    auto query = request.query();
    std::sort(query.begin(), query.end());
    for (const auto& [name, value] : query) {
        if (name == "cursor" || name == "limit" || name == "count" || value.empty()) continue;
        add(name);
        add(value);
    }
    return hex_of(digest.value());
}

}  // namespace ezapi::detail
