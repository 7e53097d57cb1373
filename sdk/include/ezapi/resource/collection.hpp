// Where a resource is served and to whom, and the conventions for the answer of one entity: ETag,
// If-Match, values that are shown once.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "ezapi/base/hex.hpp"
#include "ezapi/http.hpp"
#include "ezapi/resource/resource.hpp"

namespace ezapi {

/// Limits of the body of a request for one entity: bytes, and JSON.
inline constexpr std::uint64_t kMaxEntityBody = std::uint64_t{1} << 20U;
inline constexpr JsonLimits kEntityLimits{.values = 100'000, .exact_numbers = true};

/// Where a resource is served and to whom.
struct Collection {
    std::string path;
    Access access = Access::admin;
    std::string tag;
    std::string item = "id";  // the path parameter with the id
    /// A unique, create-only text field that addresses the entities instead of the id; empty: the
    /// id. PUT creates or replaces then (see named.hpp); `item`, `within` and `batch` do not apply.
    std::string by = {};
    /// Fixes a field for all rows of this collection; other rows are 404. Throws when the outer
    /// entity does not exist.
    std::function<Within(const Request&)> within = {};
    std::string within_param = {};  // the path parameter that `within` reads, if any
    bool batch = true;
    std::uint64_t max_body = kMaxEntityBody;  // bytes; a batch may have the server's limit

    [[nodiscard]] const std::string& item_parameter() const { return by.empty() ? item : by; }
};

/// Describes a route of the collection: adds its tag and the path parameter of the outer entity.
[[nodiscard]] inline Operation on_collection(Operation operation, const Collection& collection) {
    operation = std::move(operation).tag(collection.tag);
    if (!collection.within_param.empty())
        operation = std::move(operation).path(collection.within_param, integer_schema());
    return operation;
}

/// Describes a route of one entity, such as an action: also adds the path parameter of the entity.
[[nodiscard]] inline Operation on_item(Operation operation, const Collection& collection) {
    return on_collection(std::move(operation), collection)
        .path(collection.item_parameter(),
              collection.by.empty() ? integer_schema() : text_schema());
}

namespace detail {

inline Error version_mismatch(const std::string& message) {
    return Error(EZ_CONFLICT, message).with_http(412).with_code("version_mismatch");
}

/// The tags of If-Match or If-None-Match; nullopt without the header. Throws 400 when its value is
/// not a list of tags.
[[nodiscard]] inline std::optional<EntityTags> tags_in(const Request& request,
                                                       const std::string& header) {
    const auto text = request.header(header);
    if (!text) return std::nullopt;
    auto tags = read_tags(trim(*text));
    if (!tags)
        throw Error(EZ_INVALID,
                    header + ": expected *, or tags like \"3\" with commas between them, found '" +
                        shortened(std::string(trim(*text))) + "'")
            .with_code("invalid_header")
            .with_field(header);
    return tags;
}

}  // namespace detail

/// The versions that If-Match allows; any version without the header or for `*`. Throws 400 when
/// the value is not a list of tags, and 412 when no tag can be one of this entity. `prefix`: see
/// entity_tag.
[[nodiscard]] inline Versions if_match(const Request& request, std::string_view prefix = {}) {
    const auto tags = detail::tags_in(request, "If-Match");
    if (!tags || tags->any) return {};
    auto named = detail::versions_of(*tags, prefix);
    if (!named.empty()) return Versions(std::move(named));
    throw detail::version_mismatch("If-Match: none of the tags is one of this entity, found '" +
                                   shortened(std::string(trim(*request.header("If-Match")))) + "'");
}

/// Whether If-None-Match of a write contains this version or is `*`. `prefix`: see entity_tag.
[[nodiscard]] inline bool names_version(const Request& request,
                                        std::int64_t version,
                                        std::string_view prefix = {}) {
    const auto tags = detail::tags_in(request, "If-None-Match");
    if (!tags || tags->any) return tags.has_value();
    const auto named = detail::versions_of(*tags, prefix);
    return std::find(named.begin(), named.end(), version) != named.end();
}

/// The answer to a read with its ETag; 304 without a body when If-None-Match contains the tag or is
/// `*`, by weak comparison (RFC 9110, 13.1.2). `tag` has no quotes.
[[nodiscard]] inline Response tagged(const Request& request,
                                     const std::string& tag,
                                     Response answer) {
    const auto tags = detail::tags_in(request, "If-None-Match");
    const bool is_known =
        tags &&
        (tags->any || std::find(tags->tags.begin(), tags->tags.end(), tag) != tags->tags.end());
    if (is_known) answer = Response{304, {}, {}};
    return std::move(answer).with("ETag", "\"" + tag + "\"");
}

/// The answer to the read of a list. Its tag is a digest of the body.
[[nodiscard]] inline Response list_response(const Request& request, Response answer) {
    // std::hash reads eight bytes at a time; a page of a list has about 30,000.
    const std::uint64_t digest = std::hash<std::string_view>{}(answer.body);
    return tagged(request, to_hex(digest), std::move(answer));
}

/// An entity as the answer to a write, with its ETag and the values that are shown once.
[[nodiscard]] inline Response entity_response(const Record& record,
                                              int status = 200,
                                              std::string_view prefix = {}) {
    std::string body = record.text;
    for (const auto& [name, value] : record.reveal.items()) {
        body.pop_back();
        body += ",\"" + name + "\":" + dump_json(value) + "}";
    }
    return Response{status,
                    std::move(body),
                    {{"ETag", "\"" + entity_tag(record.version, prefix, record.live) + "\""}}};
}

/// The answer to the read of an entity; 304 when the client has this version.
[[nodiscard]] inline Response read_response(const Request& request,
                                            const Record& record,
                                            std::string_view prefix = {}) {
    return tagged(
        request, entity_tag(record.version, prefix, record.live), Response::json_text(record.text));
}

}  // namespace ezapi
