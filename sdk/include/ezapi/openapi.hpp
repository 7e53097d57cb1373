// Describes a route: an OpenAPI 3.0 operation and the schemas that it refers to. The host composes
// the document from the routes of the running plugins, and refuses query parameters that the
// operation does not list.
//
//     Operation("Lists the greetings").query("lang", text_schema()).returns(200, "GreetingList")
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "ezapi/json.hpp"

namespace ezapi {

[[nodiscard]] inline Json text_schema() {
    return {{"type", "string"}};
}

[[nodiscard]] inline Json integer_schema() {
    return {{"type", "integer"}, {"format", "int64"}};
}

[[nodiscard]] inline Json boolean_schema() {
    return {{"type", "boolean"}};
}

[[nodiscard]] inline Json time_schema() {
    return {{"type", "string"}, {"format", "date-time"}};
}

/// An end of a range of time, see ezapi/range.hpp.
[[nodiscard]] inline Json range_end_schema() {
    return {{"anyOf", {time_schema(), {{"type", "string"}, {"format", "date"}}}}};
}

[[nodiscard]] inline Json array_schema(Json items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}

[[nodiscard]] inline Json schema_ref(std::string_view name) {
    return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

/// An object. Its properties are required unless they are in `optional`.
[[nodiscard]] inline Json object_schema(Json properties,
                                        std::initializer_list<std::string_view> optional = {}) {
    Json required = Json::array();
    for (const auto& [name, schema] : properties.items()) {
        bool may_lack = false;
        for (const std::string_view other : optional) may_lack = may_lack || other == name;
        if (!may_lack) required.push_back(name);
    }
    Json schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
}

class Operation {
public:
    explicit Operation(std::string_view summary) { operation_["summary"] = summary; }

    Operation&& tag(std::string_view name) && {
        operation_["tags"] = Json::array({name});
        return std::move(*this);
    }

    Operation&& describe(std::string_view text) && {
        operation_["description"] = text;
        return std::move(*this);
    }

    Operation&& query(std::string_view name, Json schema, std::string_view description = {}) && {
        return std::move(*this).parameter("query", name, std::move(schema), description);
    }

    Operation&& path(std::string_view name, Json schema, std::string_view description = {}) && {
        return std::move(*this).parameter("path", name, std::move(schema), description);
    }

    Operation&& header(std::string_view name, Json schema, std::string_view description = {}) && {
        return std::move(*this).parameter("header", name, std::move(schema), description);
    }

    /// The request body: a schema, or a reference to one that is added by schema().
    Operation&& body(Json schema, std::string_view content_type = "application/json") && {
        operation_["requestBody"]["required"] = true;
        operation_["requestBody"]["content"][std::string(content_type)]["schema"] =
            std::move(schema);
        return std::move(*this);
    }

    Operation&& body_of(std::string_view schema_name) && {
        return std::move(*this).body(schema_ref(schema_name));
    }

    /// An answer. Without a schema it has no content. The host adds the common problem answers.
    Operation&& returns(int status, Json schema = nullptr, std::string_view description = {}) && {
        Json& response = operation_["responses"][std::to_string(status)];
        response["description"] = description.empty() ? std::string(default_description(status))
                                                      : std::string(description);
        if (!schema.is_null())
            response["content"]["application/json"]["schema"] = std::move(schema);
        return std::move(*this);
    }

    Operation&& returns(int status, const char* schema_name) && {
        return std::move(*this).returns(status, schema_ref(schema_name));
    }

    /// A schema that this operation refers to by name. Several operations may define the same one.
    Operation&& schema(std::string_view name, Json schema) && {
        schemas_[std::string(name)] = std::move(schema);
        return std::move(*this);
    }

    [[nodiscard]] std::string text() const {
        return dump_json({{"operation", operation_}, {"schemas", schemas_}});
    }

private:
    Operation&& parameter(std::string_view place,
                          std::string_view name,
                          Json schema,
                          std::string_view description) && {
        Json parameter{{"name", name},
                       {"in", place},
                       {"required", place == "path"},
                       {"schema", std::move(schema)}};
        if (!description.empty()) parameter["description"] = description;
        operation_["parameters"].push_back(std::move(parameter));
        return std::move(*this);
    }

    static std::string_view default_description(int status) {
        switch (status) {
            case 200:
                return "Done";
            case 201:
                return "Created";
            case 202:
                return "Accepted";
            case 204:
                return "Done, no content";
            case 304:
                return "Not modified";
            default:
                return "Answer";
        }
    }

    Json operation_ = Json::object();
    Json schemas_ = Json::object();
};

/// A read with an ETag that supports If-None-Match, see resource/collection.hpp.
[[nodiscard]] inline Operation cacheable(Operation operation) {
    return std::move(operation)
        .header("If-None-Match",
                text_schema(),
                "The ETag of an earlier answer, a list of such, or *; 304 when nothing has changed")
        .returns(304);
}

/// A write that supports If-Match, see resource/collection.hpp.
[[nodiscard]] inline Operation conditional(Operation operation) {
    return std::move(operation).header(
        "If-Match",
        text_schema(),
        "The ETag that was read, a list of such, or *; 412 when the entity has another version. "
        "What was counted since the read is no new version. A weak tag, or one with the coding of "
        "a proxy (\"3-gzip\"), counts as the tag that it was made from");
}

/// A write that may be repeated with the same Idempotency-Key. The host stores the answers.
[[nodiscard]] inline Operation idempotent(Operation operation) {
    return std::move(operation).header(
        "Idempotency-Key",
        text_schema(),
        "Repeats of the request within 24 hours get the first answer");
}

}  // namespace ezapi
