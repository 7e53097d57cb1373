// Which versions of an entity a write may meet: any, or those that If-Match or an operation of a
// batch names.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ezapi {

[[nodiscard]] inline std::string etag(std::int64_t version) {
    return "\"" + std::to_string(version) + "\"";
}

class Versions {
public:
    /// Any.
    Versions() = default;

    Versions(std::nullopt_t) {}  // NOLINT(google-explicit-constructor)

    Versions(std::optional<std::int64_t> only) {  // NOLINT(google-explicit-constructor)
        if (only) named_ = {*only};
    }

    /// At least one.
    explicit Versions(std::vector<std::int64_t> named) : named_(std::move(named)) {}

    [[nodiscard]] bool allow(std::int64_t version) const {
        return named_.empty() || std::find(named_.begin(), named_.end(), version) != named_.end();
    }

    /// "3 or 4"
    [[nodiscard]] std::string text() const {
        std::string out;
        for (const std::int64_t version : named_)
            out += (out.empty() ? "" : " or ") + std::to_string(version);
        return out;
    }

private:
    std::vector<std::int64_t> named_;  // empty: any
};

namespace detail {

/// The versions that a list of entity tags names (RFC 9110, 8.8.3 and 13.1.1). If-Match compares
/// strongly, so that a weak tag names none, and neither does one that no entity can have. Nothing
/// for what is not such a list.
[[nodiscard]] inline std::optional<std::vector<std::int64_t>> versions_of(std::string_view list) {
    constexpr std::string_view kBlank = " \t";
    std::vector<std::int64_t> out;
    const auto skip = [&](std::string_view characters) {
        list.remove_prefix(std::min(list.find_first_not_of(characters), list.size()));
    };
    // A list may have empty members (RFC 9110, 5.6.1).
    for (skip(", \t"); !list.empty(); skip(", \t")) {
        const bool weak = list.starts_with("W/");
        if (weak) list.remove_prefix(2);
        const size_t close = list.starts_with('"') ? list.find('"', 1) : std::string_view::npos;
        if (close == std::string_view::npos) return std::nullopt;
        const std::string_view tag = list.substr(0, close + 1);
        list.remove_prefix(tag.size());
        skip(kBlank);
        if (!list.empty() && list.front() != ',') return std::nullopt;
        std::int64_t version = 0;
        const char* const end = tag.data() + close;
        const auto [stop, fault] = std::from_chars(tag.data() + 1, end, version);
        if (!weak && fault == std::errc{} && stop == end && etag(version) == tag)
            out.push_back(version);
    }
    return out;
}

}  // namespace detail
}  // namespace ezapi
