// One field of an entity. What is said here once drives SQL, JSON, validation, filters, sorting and
// OpenAPI.
//
//     text("name").required().length(1, 128).filterable().sortable().searchable(),
//     choice("status", {"active", "suspended"}).default_to("active").filterable(),
//     time("expires_at").nullable(),
//     text("token_hash").hidden(),  // a column that only code reads and writes
//     text("api_key").secret()      // write-only: comes back as its column says, masked
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/http.hpp"
#include "ezapi/json.hpp"
#include "ezapi/text.hpp"

namespace ezapi {

enum class FieldType {
    text,
    integer,  // 64 bits
    number,   // numeric
    boolean,
    time,    // timestamptz; RFC 3339 outside
    texts,   // jsonb array of strings
    object,  // jsonb object
    any      // jsonb
};

struct Field {
    std::string name;  // in JSON, and of the column
    FieldType type = FieldType::text;
    std::string description;

    bool is_required = false;
    bool is_nullable = false;
    bool is_read_only = false;    // written by code only; in a body accepted when unchanged
    bool is_live = false;         // changes without a new version, as a counter does
    bool is_create_only = false;  // given at creation, unchanged afterwards
    bool is_hidden = false;       // a column that never leaves the plugin
    bool is_secret =
        false;  // the body's value goes to the plugin's code, the column holds its mask
    bool is_control = false;  // part of the body without a column, such as a confirmation
    bool is_filterable = false;
    bool is_sortable = false;
    bool is_searchable = false;
    bool is_trimmed = false;
    bool is_lower_case = false;
    bool is_zero_null = false;  // an integer whose 0 means what null means
    bool is_prose = false;      // text that may hold control characters, such as the ends of lines
    bool is_guarded = false;    // grants or limits access: changed by a value only

    Json default_value;  // null: none
    size_t min_length = 0;
    size_t max_length = 1024;  // characters; bytes of the JSON text for object and any
    size_t max_items = 1000;
    std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
    std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
    std::vector<std::string> choices;
    /// What is wrong with one text (the value, or an item of `texts`); empty when nothing is.
    std::function<std::string(std::string_view)> rule;
    std::string pattern;  // for OpenAPI only; `rule` enforces
    /// The form in which one text that `rule` has passed is kept.
    std::function<std::string(std::string_view)> form;
    /// SQL that reads the value in place of a column, over a row of the entity's table.
    std::string expression;

    Field&& required() && { return (is_required = true, std::move(*this)); }

    Field&& nullable() && { return (is_nullable = true, std::move(*this)); }

    Field&& read_only() && { return (is_read_only = true, std::move(*this)); }

    Field&& live() && { return (is_live = true, std::move(*this)); }

    Field&& create_only() && { return (is_create_only = true, std::move(*this)); }

    Field&& hidden() && { return (is_hidden = true, std::move(*this)); }

    Field&& secret() && { return (is_secret = true, std::move(*this)); }

    Field&& control() && { return (is_control = true, std::move(*this)); }

    Field&& filterable() && { return (is_filterable = true, std::move(*this)); }

    Field&& sortable() && { return (is_sortable = true, std::move(*this)); }

    Field&& searchable() && { return (is_searchable = true, std::move(*this)); }

    Field&& trimmed() && { return (is_trimmed = true, std::move(*this)); }

    /// Taken in any case, kept in lower case (ASCII).
    Field&& lower_case() && { return (is_lower_case = true, std::move(*this)); }

    /// Takes 0 for null, as clients send it whose numbers have no null. Goes with `nullable`.
    Field&& zero_as_null() && { return (is_zero_null = true, std::move(*this)); }

    Field&& prose() && { return (is_prose = true, std::move(*this)); }

    /// A state, a switch or a limit. A PUT without it keeps what is stored, and null is refused
    /// unless the field is nullable: neither of them can open access by an omission.
    Field&& guarded() && { return (is_guarded = true, std::move(*this)); }

    /// Read by this expression of SQL and written by nobody: the table has no such column.
    Field&& computed(std::string sql) && {
        expression = std::move(sql);
        is_read_only = true;
        return std::move(*this);
    }

    Field&& default_to(Json value) && {
        return (default_value = std::move(value), std::move(*this));
    }

    Field&& about(std::string text) && { return (description = std::move(text), std::move(*this)); }

    Field&& items(size_t most) && { return (max_items = most, std::move(*this)); }

    Field&& length(size_t least, size_t most) && {
        min_length = least;
        max_length = most;
        return std::move(*this);
    }

    Field&& range(std::int64_t least,
                  std::int64_t most = std::numeric_limits<std::int64_t>::max()) && {
        minimum = least;
        maximum = most;
        return std::move(*this);
    }

    Field&& must(std::function<std::string(std::string_view)> check,
                 std::string openapi_pattern = {}) && {
        rule = std::move(check);
        pattern = std::move(openapi_pattern);
        return std::move(*this);
    }

    Field&& kept_as(std::function<std::string(std::string_view)> canonical) && {
        form = std::move(canonical);
        return std::move(*this);
    }

    /// Whether rows that are read have a column of it.
    [[nodiscard]] bool has_column() const { return !is_control; }

    /// Whether the table has a column of it.
    [[nodiscard]] bool is_stored() const { return !is_control && expression.empty(); }

    [[nodiscard]] bool is_visible() const { return !is_hidden && !is_control; }

    [[nodiscard]] bool is_writable() const { return !is_hidden && !is_read_only; }
};

[[nodiscard]] inline Field field(std::string name, FieldType type) {
    Field out;
    out.name = std::move(name);
    out.type = type;
    return out;
}

[[nodiscard]] inline Field text(std::string name) {
    return field(std::move(name), FieldType::text);
}

[[nodiscard]] inline Field integer(std::string name) {
    return field(std::move(name), FieldType::integer);
}

[[nodiscard]] inline Field number(std::string name) {
    return field(std::move(name), FieldType::number);
}

[[nodiscard]] inline Field boolean(std::string name) {
    return field(std::move(name), FieldType::boolean);
}

[[nodiscard]] inline Field time(std::string name) {
    return field(std::move(name), FieldType::time);
}

[[nodiscard]] inline Field texts(std::string name) {
    return field(std::move(name), FieldType::texts).default_to(Json::array()).length(1, 256);
}

[[nodiscard]] inline Field object(std::string name) {
    return field(std::move(name), FieldType::object).default_to(Json::object()).length(0, 16384);
}

[[nodiscard]] inline Field any(std::string name) {
    return field(std::move(name), FieldType::any).length(0, 65536);
}

[[nodiscard]] inline Field choice(std::string name, std::vector<std::string> choices) {
    Field out = text(std::move(name));
    out.choices = std::move(choices);
    return out;
}

/// The id of an entity of another resource.
[[nodiscard]] inline Field reference(std::string name) {
    return integer(std::move(name)).range(1).filterable();
}

}  // namespace ezapi
