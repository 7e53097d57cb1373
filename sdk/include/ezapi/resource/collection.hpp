// Where and to whom a resource is served, and the conventions of one entity's answer: ETag,
// If-Match, what is shown once.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

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
    /// Fixes a field for every row that this collection shows; rows outside are 404. Throws when
    /// the outer entity is absent.
    std::function<Within(const Request&)> within = {};
    std::string within_param = {};  // the path parameter that `within` reads, if it does
    bool batch = true;
    std::uint64_t max_body = kMaxEntityBody;  // bytes; a batch may have what the server allows
};

/// The versions that If-Match asks for; `*` asks for any. A list of which no member can match is
/// refused without a look at the entity.
[[nodiscard]] inline Versions if_match(const Request& request) {
    const auto header = request.header("if-match");
    if (!header || trim(*header) == "*") return {};
    auto named = detail::versions_of(*header);
    if (named && !named->empty()) return Versions(std::move(*named));
    throw Error(EZ_CONFLICT,
                "If-Match: expected *, or tags like \"3\" with commas between them, found '" +
                    shortened(std::string(trim(*header))) + "'")
        .with_http(412)
        .with_code("version_mismatch");
}

/// The whole entity as an answer, with its ETag and what is shown once.
[[nodiscard]] inline Response entity_response(const Record& record, int status = 200) {
    std::string body = record.text;
    for (const auto& [name, value] : record.reveal.items()) {
        body.pop_back();
        body += ",\"" + name + "\":" + dump_json(value) + "}";
    }
    return Response{status, std::move(body), {{"ETag", etag(record.version)}}};
}

/// The answer to a read: 304 when the client has this version already and no field changes without
/// a new one.
[[nodiscard]] inline Response read_response(const ResourceSpec& spec,
                                            const Request& request,
                                            const Record& record) {
    const bool is_live = std::any_of(
        spec.fields.begin(), spec.fields.end(), [](const Field& field) { return field.is_live; });
    if (!is_live && request.header("if-none-match") == etag(record.version))
        return Response{304, {}, {{"ETag", etag(record.version)}}};
    return entity_response(record);
}

}  // namespace ezapi
