// OpenAPI schemas and operations of a resource, derived from its fields.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/openapi.hpp"
#include "ezapi/resource/list.hpp"
#include "ezapi/resource/resource.hpp"

namespace ezapi {

namespace detail {

[[nodiscard]] inline Json field_schema(const Field& field) {
    Json out;
    switch (field.type) {
        case FieldType::text:
            out = text_schema();
            if (field.choices.empty() && !field.is_hidden) {
                if (field.min_length > 0) out["minLength"] = field.min_length;
                out["maxLength"] = field.max_length;
            } else {
                out["enum"] = field.choices;
            }
            break;
        case FieldType::integer:
        case FieldType::number:
            out = field.type == FieldType::integer ? integer_schema() : Json{{"type", "number"}};
            if (field.minimum != std::numeric_limits<std::int64_t>::min())
                out["minimum"] = field.is_zero_null ? 0 : field.minimum;
            if (field.maximum != std::numeric_limits<std::int64_t>::max())
                out["maximum"] = field.maximum;
            break;
        case FieldType::boolean:
            out = boolean_schema();
            break;
        case FieldType::time:
            out = time_schema();
            break;
        case FieldType::texts:
            out = array_schema({{"type", "string"}, {"maxLength", field.max_length}});
            out["maxItems"] = field.max_items;
            break;
        case FieldType::object:
            out = {{"type", "object"}, {"additionalProperties", true}};
            break;
        case FieldType::any:
            out = Json::object();
            break;
    }
    if (!field.pattern.empty()) out["pattern"] = field.pattern;
    if (field.is_nullable && field.type != FieldType::any) {
        out["nullable"] = true;
        if (out.contains("enum")) out["enum"].push_back(nullptr);
    }
    if (!field.default_value.is_null()) out["default"] = field.default_value;
    if (!field.description.empty()) out["description"] = field.description;
    return out;
}

/// The schema of a value in an answer, without the limits that apply to input.
[[nodiscard]] inline Json answer_schema(const Field& field) {
    Json out = field_schema(field);
    for (const char* limit :
         {"minLength", "maxLength", "minimum", "maximum", "maxItems", "pattern", "default"})
        out.erase(limit);
    if (field.is_secret && !field.is_nullable) out["nullable"] = true;
    if (out.contains("items")) out["items"].erase("maxLength");
    return out;
}

}  // namespace detail

/// The schema of an entity in answers.
[[nodiscard]] inline Json entity_schema(const ResourceSpec& spec) {
    Json properties{{"id", integer_schema()},
                    {"version", integer_schema()},
                    {"created_at", time_schema()},
                    {"updated_at", time_schema()}};
    for (const Field& field : spec.fields) {
        if (field.is_visible()) properties[field.name] = detail::answer_schema(field);
    }
    if (!spec.warns) return object_schema(std::move(properties));
    properties["warnings"] = array_schema(object_schema(
        {{"field", text_schema()}, {"code", text_schema()}, {"message", text_schema()}}));
    properties["warnings"]["description"] =
        "In the answer to a write: what was taken, but is seldom meant";
    return object_schema(std::move(properties), {"warnings"});
}

/// The schema of a body with these fields.
[[nodiscard]] inline Json body_schema(const std::vector<Field>& fields, BodyMode mode) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const Field& field : fields) {
        if (!field.is_writable()) continue;
        properties[field.name] = detail::field_schema(field);
        Json& property = properties[field.name];
        if (field.is_secret) property["writeOnly"] = true;
        if (field.is_guarded && mode != BodyMode::merge) {
            property["description"] = field.description + (field.description.empty() ? "" : ". ") +
                                      "Left out of a PUT, it stays as it is";
        }
        if (mode != BodyMode::merge && field.is_required) required.push_back(field.name);
    }
    Json schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
}

[[nodiscard]] inline Json body_schema(const ResourceSpec& spec, BodyMode mode) {
    return body_schema(spec.fields, mode);
}

/// The body of a PUT to an entity's name, which need not contain the name.
[[nodiscard]] inline Json named_body_schema(const ResourceSpec& spec, const std::string& key) {
    Json schema = body_schema(spec, BodyMode::replace);
    if (schema.contains("required")) {
        Json required = Json::array();
        for (const Json& name : schema["required"]) {
            if (name != key) required.push_back(name);
        }
        schema.erase("required");
        if (!required.empty()) schema["required"] = std::move(required);
    }
    return schema;
}

/// The entity with the values that are shown once.
[[nodiscard]] inline Json created_schema(const ResourceSpec& spec) {
    if (spec.reveals.empty()) return schema_ref(spec.schema);
    Json extra = Json::object();
    for (const Field& field : spec.reveals) extra[field.name] = detail::answer_schema(field);
    return {{"allOf", Json::array({schema_ref(spec.schema), object_schema(std::move(extra))})}};
}

/// As created_schema, with these values optional: a batch creates and updates.
[[nodiscard]] inline Json written_schema(const ResourceSpec& spec) {
    Json out = created_schema(spec);
    if (out.contains("allOf")) out["allOf"][1].erase("required");
    return out;
}

namespace detail {

[[nodiscard]] inline Json page_schema(Json items) {
    Json next = text_schema();
    next["nullable"] = true;
    return object_schema({{"data", array_schema(std::move(items))},
                          {"next_cursor", next},
                          {"total", integer_schema()}},
                         {"total"});
}

/// Adds the parameters of a list: paging, filters, range, sorting and search.
[[nodiscard]] inline Operation list_parameters(Operation operation, const ListPlan& plan) {
    operation = std::move(operation)
                    .query("limit",
                           {{"type", "integer"},
                            {"minimum", 1},
                            {"maximum", kMaxLimit},
                            {"default", kDefaultLimit}},
                           "Rows of a page")
                    .query("cursor", text_schema(), "next_cursor of the page before")
                    .query("count", boolean_schema(), "Whether to count all rows into total");
    for (const Field& field : plan.fields) {
        if (!field.is_filterable) continue;
        Json schema = field.type == FieldType::texts ? text_schema() : answer_schema(field);
        schema.erase("nullable");
        schema.erase("default");
        operation = std::move(operation).query(field.name, schema, "Only rows with this value");
    }
    for (const ListFilter& filter : plan.filters)
        operation = std::move(operation).query(filter.name, filter.schema, filter.about);
    if (!plan.range.empty()) {
        operation =
            std::move(operation)
                .query("from", range_end_schema(), "Only rows at or after this time or date")
                .query("to",
                       range_end_schema(),
                       "Only rows before this time, or until the end of this date");
    }
    if (!plan.sorts.empty()) {
        std::string names;
        for (const auto& [name, key] : plan.sorts) names += (names.empty() ? "" : ", ") + name;
        operation = std::move(operation).query(
            "sort", text_schema(), "Comma-separated, '-' before a name for descending: " + names);
    }
    if (plan.is_searchable)
        operation =
            std::move(operation).query("q", text_schema(), "Only rows that contain this text");
    return operation;
}

[[nodiscard]] inline Json problem_schema() {
    return object_schema(
        {{"type", text_schema()},
         {"title", text_schema()},
         {"status", {{"type", "integer"}}},
         {"code", text_schema()},
         {"detail", text_schema()},
         {"errors",
          array_schema(object_schema(
              {{"field", text_schema()}, {"code", text_schema()}, {"message", text_schema()}}))}},
        {"errors"});
}

[[nodiscard]] inline Json batch_answer_schema(const ResourceSpec& spec) {
    return object_schema({{"results",
                           array_schema(object_schema({{"index", {{"type", "integer"}}},
                                                       {"op", text_schema()},
                                                       {"status", {{"type", "integer"}}},
                                                       {"id", integer_schema()},
                                                       {"data", written_schema(spec)},
                                                       {"problem", problem_schema()}},
                                                      {"id", "data", "problem"}))}});
}

[[nodiscard]] inline Json batch_body_schema() {
    return object_schema(
        {{"atomic", {{"type", "boolean"}, {"default", true}}},
         {"operations",
          {{"type", "array"},
           {"maxItems", 1000},
           {"items",
            object_schema({{"op", {{"type", "string"}, {"enum", {"create", "update", "delete"}}}},
                           {"id", integer_schema()},
                           {"data", {{"type", "object"}}},
                           {"version", integer_schema()}},
                          {"id", "data", "version"})}}}},
        {"atomic"});
}

}  // namespace detail
}  // namespace ezapi
