// Where and to whom a resource is served, and the conventions of one entity's answer: ETag,
// If-Match, what is shown once.
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

/// Limits of the body of a request that concerns one entity.
inline constexpr std::uint64_t kMaxEntityBody = std::uint64_t{1} << 20U;
inline constexpr JsonLimits kEntityLimits{.values = 100'000, .exact_numbers = true};

/// Where and to whom a resource is served.
struct Collection {
    std::string path;
    Access access = Access::admin;
    std::string tag;
    std::string item = "id";  // name of the path parameter
    /// A unique, create-only text field by which clients address the entities; empty: by id. PUT
    /// to a name creates or replaces (see named.hpp); `item`, `within` and `batch` do not apply.
    std::string by = {};
    /// Fixes a field for every row that this collection shows; rows outside are 404. Throws when
    /// the outer entity is absent.
    std::function<Within(const Request&)> within = {};
    std::string within_param = {};  // the path parameter that `within` reads, if it does
    bool batch = true;
    std::uint64_t max_body = kMaxEntityBody;  // bytes; a batch may have what the server allows

    [[nodiscard]] const std::string& item_parameter() const { return by.empty() ? item : by; }
};

/// Describes a route of the collection: adds its tag and the path parameter of what it is within.
[[nodiscard]] inline Operation on_collection(Operation operation, const Collection& collection) {
    operation = std::move(operation).tag(collection.tag);
    if (!collection.within_param.empty())
        operation = std::move(operation).path(collection.within_param, integer_schema());
    return operation;
}

/// Describes a route of one entity, such as an action: adds the parameter of the entity, too.
[[nodiscard]] inline Operation on_item(Operation operation, const Collection& collection) {
    return on_collection(std::move(operation), collection)
        .path(collection.item_parameter(),
              collection.by.empty() ? integer_schema() : text_schema());
}

namespace detail {

inline Error version_mismatch(const std::string& message) {
    return Error(EZ_CONFLICT, message).with_http(412).with_code("version_mismatch");
}

/// The tags of If-Match or If-None-Match; nothing without the header. Throws 400 for what is no
/// list of tags.
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

/// The versions that If-Match asks for; `*` asks for any. 400 for what is no list of tags; a list
/// of which no member can match is refused (412) without a look at the entity. `prefix` as in etag.
[[nodiscard]] inline Versions if_match(const Request& request, std::string_view prefix = {}) {
    const auto tags = detail::tags_in(request, "If-Match");
    if (!tags || tags->any) return {};
    auto named = detail::versions_of(*tags, prefix);
    if (!named.empty()) return Versions(std::move(named));
    throw detail::version_mismatch("If-Match: none of the tags is one of this entity, found '" +
                                   shortened(std::string(trim(*request.header("If-Match")))) + "'");
}

/// Whether If-None-Match of a write names this version or any.
[[nodiscard]] inline bool names_version(const Request& request,
                                        std::int64_t version,
                                        std::string_view prefix = {}) {
    const auto tags = detail::tags_in(request, "If-None-Match");
    if (!tags || tags->any) return tags.has_value();
    const auto named = detail::versions_of(*tags, prefix);
    return std::find(named.begin(), named.end(), version) != named.end();
}

/// The answer to a read with its ETag: 304 without a body when If-None-Match names the tag or any,
/// compared weakly (RFC 9110, 13.1.2). `tag`: without quotes.
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

/// The answer to the read of a list; its tag is a digest of the answer.
[[nodiscard]] inline Response list_response(const Request& request, Response answer) {
    // Eight bytes at a time; a page of a list has some 30,000.
    const std::uint64_t digest = std::hash<std::string_view>{}(answer.body);
    return tagged(request, to_hex(digest), std::move(answer));
}

/// The whole entity as an answer, with its ETag and what is shown once.
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

/// The answer to a read of an entity: 304 when the client has this answer already.
[[nodiscard]] inline Response read_response(const Request& request,
                                            const Record& record,
                                            std::string_view prefix = {}) {
    return tagged(
        request, entity_tag(record.version, prefix, record.live), Response::json_text(record.text));
}

}  // namespace ezapi
