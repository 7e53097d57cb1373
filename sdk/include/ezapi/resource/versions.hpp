// Entity tags, and the versions of an entity that a write accepts: any, or those in If-Match or in
// an operation of a batch.
//
// An ETag identifies one answer to a GET. For an entity it is the version, "3". Live fields, such
// as counters, change without a new version: when one of them differs from its default, a digest of
// the live fields is appended, "3-0123456789abcdef". For a list it is a digest of the answer.
//
//   If-None-Match of a read compares the whole tag: 304 means that the answer has not changed.
//   If-Match of a write compares the version only, so that a counter that changed between the read
//   and the write is not a conflict. "3" and "3-<any digest>" both mean version 3.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/base/hex.hpp"
#include "ezapi/resource/digest.hpp"

namespace ezapi {

/// The value of an ETag, without quotes. `prefix` distinguishes entities that had the same path at
/// different times. `live`: see Record::live.
[[nodiscard]] inline std::string entity_tag(std::int64_t version,
                                            std::string_view prefix = {},
                                            std::uint64_t live = 0) {
    std::string out = std::string(prefix) + std::to_string(version);
    if (live != 0) out += "-" + to_hex(live);
    return out;
}

/// The versions that a write accepts.
class Versions {
public:
    /// Any version.
    Versions() = default;

    Versions(std::nullopt_t) {}  // NOLINT(google-explicit-constructor)

    Versions(std::optional<std::int64_t> only) {  // NOLINT(google-explicit-constructor)
        if (only) named_ = {*only};
    }

    /// One of these; `named` must not be empty.
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

/// The entity tags of a header (RFC 9110, 8.8.3), without quotes.
struct EntityTags {
    bool any = false;  // "*"
    std::vector<std::string_view> tags;
};

/// A proxy that compresses an answer makes its tag weak (nginx) or appends the coding to it
/// (Apache). Our tags identify the content independently of its coding, so the appended coding is
/// removed.
[[nodiscard]] inline std::string_view without_coding(std::string_view tag) {
    for (const std::string_view coding : {"gzip", "br", "zstd", "deflate"}) {
        for (const std::string_view join : {"--", "-", ";"}) {
            if (!tag.ends_with(coding)) continue;
            const std::string_view before = tag.substr(0, tag.size() - coding.size());
            if (before.size() > join.size() && before.ends_with(join))
                return before.substr(0, before.size() - join.size());
        }
    }
    return tag;
}

/// Reads `*` or a list of tags, including weak ones; nullopt for anything else, and for an empty
/// list.
[[nodiscard]] inline std::optional<EntityTags> read_tags(std::string_view list) {
    constexpr std::string_view kBlank = " \t";
    EntityTags out;
    const auto skip = [&](std::string_view characters) {
        list.remove_prefix(std::min(list.find_first_not_of(characters), list.size()));
    };
    // A list may have empty members (RFC 9110, 5.6.1).
    for (skip(", \t"); !list.empty(); skip(", \t")) {
        if (list.starts_with('*') && list.find_first_not_of(kBlank, 1) == std::string_view::npos &&
            out.tags.empty()) {
            out.any = true;
            return out;
        }
        if (list.starts_with("W/")) list.remove_prefix(2);
        const size_t close = list.starts_with('"') ? list.find('"', 1) : std::string_view::npos;
        if (close == std::string_view::npos) return std::nullopt;
        out.tags.push_back(without_coding(list.substr(1, close - 1)));
        list.remove_prefix(close + 1);
        skip(kBlank);
        if (!list.empty() && list.front() != ',') return std::nullopt;
    }
    if (out.tags.empty()) return std::nullopt;
    return out;
}

/// Removes the digest of live fields from a tag.
[[nodiscard]] inline std::string_view without_digest(std::string_view tag) {
    const size_t dash = tag.rfind('-');
    if (dash == std::string_view::npos) return tag;
    const std::string_view digest = tag.substr(dash + 1);
    const bool is_digest = digest.size() == 2 * sizeof(std::uint64_t) &&
                           digest.find_first_not_of(kHexDigits) == std::string_view::npos;
    return is_digest ? tag.substr(0, dash) : tag;
}

/// The versions in the tags that begin with `prefix`.
[[nodiscard]] inline std::vector<std::int64_t> versions_of(const EntityTags& tags,
                                                           std::string_view prefix) {
    std::vector<std::int64_t> out;
    for (std::string_view tag : tags.tags) {
        if (!tag.starts_with(prefix)) continue;
        tag = without_digest(tag.substr(prefix.size()));
        std::int64_t version = 0;
        const auto [stop, fault] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
        if (fault == std::errc{} && std::to_string(version) == tag) out.push_back(version);
    }
    return out;
}

}  // namespace detail
}  // namespace ezapi
