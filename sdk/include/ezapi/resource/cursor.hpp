// Cursors of lists. A cursor contains the sort keys of a page's last row and a digest of the list,
// which refuses a cursor of another collection, filter, search or sort. The page size and `count`
// may differ from page to page.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/base/hex.hpp"
#include "ezapi/base64.hpp"
#include "ezapi/http.hpp"
#include "ezapi/query.hpp"
#include "ezapi/resource/digest.hpp"
#include "ezapi/resource/spec.hpp"

namespace ezapi {

inline constexpr std::int64_t kDefaultLimit = 50;
inline constexpr std::int64_t kMaxLimit = 500;

namespace detail {

inline Error foreign_cursor() {
    return bad_query("cursor", "not one that this list has handed out");
}

inline Error cursor_of_another_list() {
    return bad_query("cursor",
                     "belongs to another collection, filter, search or sort: expected those of the "
                     "page that it came from");
}

/// The digest of the collection and its query parameters. The order of the parameters does not
/// matter; paging parameters and empty values do not count.
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
    return to_hex(digest.value());
}

[[nodiscard]] inline std::string make_cursor(const std::string& mark,
                                             const std::vector<std::string>& keys) {
    Json parts = Json::array({mark});
    for (const std::string& key : keys) parts.push_back(key);
    return base64url(dump_json(parts));
}

/// The keys in a cursor. Throws 400 when it has another number of keys or another digest.
[[nodiscard]] inline std::vector<std::string> cursor_keys(std::string_view cursor,
                                                          const std::string& mark,
                                                          size_t count) {
    const auto bytes = from_base64url(cursor);
    const Json parts = bytes ? Json::parse(*bytes, nullptr, false) : Json(Json::value_t::discarded);
    const bool is_whole =
        parts.is_array() && !parts.empty() &&
        std::all_of(parts.begin(), parts.end(), [](const Json& part) { return part.is_string(); });
    if (!is_whole || parts[0].get_ref<const std::string&>().size() != mark.size())
        throw foreign_cursor();
    if (parts[0] != mark) throw cursor_of_another_list();
    if (parts.size() != count + 1) throw foreign_cursor();
    auto keys = parts.get<std::vector<std::string>>();
    keys.erase(keys.begin());
    return keys;
}

}  // namespace detail

/// The page that a request asks for, of a list that code computes, ordered by a unique text key.
class PageQuery {
public:
    /// Throws 400 when the limit is out of range or the cursor is not one of this list.
    explicit PageQuery(const Request& request) : mark_(detail::list_mark(request, nullptr)) {
        for (const auto& [name, value] : request.query()) {
            if (name == "limit")
                limit_ = static_cast<size_t>(query_integer(name, value, 1, kMaxLimit));
            else if (name == "cursor")
                after_ = detail::cursor_keys(value, mark_, 1).front();
        }
    }

    [[nodiscard]] size_t limit() const { return limit_; }

    /// The key of the last entry of the previous page; empty for the first page.
    [[nodiscard]] const std::string& after() const { return after_; }

    /// The cursor of the page that follows the entry with this key.
    [[nodiscard]] std::string cursor(const std::string& key) const {
        return detail::make_cursor(mark_, {key});
    }

private:
    std::string mark_;
    std::string after_;
    size_t limit_ = kDefaultLimit;
};

}  // namespace ezapi
