// A field of an entity. One declaration determines SQL, JSON, validation, filters, sorting and
// OpenAPI.
//
//     text("name").required().length(1, 128).filterable().sortable().searchable(),
//     choice("status", {"active", "suspended"}).default_to("active").filterable(),
//     time("expires_at").nullable(),
//     text("token_hash").hidden(),  // a column that only code reads and writes
//     text("api_key").secret()  // write-only; answers show the mask in its column
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
    time,    // timestamptz; RFC 3339 in JSON
    texts,   // jsonb array of strings
    object,  // jsonb object
    any      // jsonb
};

/// A field with its rules. Create one by text(), integer() and the other functions below.
struct Field {
    std::string name;  // of the JSON member and of the column
    FieldType type = FieldType::text;
    std::string description;

    bool is_required = false;
    bool is_nullable = false;
    bool is_read_only = false;    // set by code only; in a body accepted when unchanged
    bool is_live = false;         // changes without a new version, such as a counter
    bool is_create_only = false;  // set on creation, cannot be changed afterwards
    bool is_hidden = false;       // a column that no answer contains
    bool is_secret = false;       // the value goes to the plugin's code; the column holds its mask
    bool is_control = false;      // a member of the body without a column, such as a confirmation
    bool is_filterable = false;
    bool is_sortable = false;
    bool is_searchable = false;
    bool is_trimmed = false;
    bool is_lower_case = false;
    bool is_zero_null = false;  // an integer; 0 is stored as null
    bool is_prose = false;      // text that may contain control characters, such as line ends
    bool is_guarded = false;    // grants or limits access; see guarded()

    Json default_value;  // null: no default
    size_t min_length = 0;
    size_t max_length = 1024;  // characters; for object and any: bytes of the JSON text
    size_t max_items = 1000;
    std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
    std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
    std::vector<std::string> choices;
    /// Why a text (the value, or an item of `texts`) is not valid; empty when it is.
    std::function<std::string(std::string_view)> rule;
    std::string pattern;  // for OpenAPI only; `rule` enforces it
    /// The form in which a text is stored. Called after `rule` has accepted the text.
    std::function<std::string(std::string_view)> form;
    /// SQL that computes the value from a row of the entity's table, instead of a column.
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

    /// Accepted in any case, stored in lower case (ASCII).
    Field&& lower_case() && { return (is_lower_case = true, std::move(*this)); }

    /// Accepts 0 as null, for clients whose numbers have no null. The field must be `nullable`.
    Field&& zero_as_null() && { return (is_zero_null = true, std::move(*this)); }

    Field&& prose() && { return (is_prose = true, std::move(*this)); }

    /// A state, a switch or a limit. A PUT without it keeps the stored value, and null is refused
    /// unless the field is nullable, so that an omission cannot grant access.
    Field&& guarded() && { return (is_guarded = true, std::move(*this)); }

    /// Computed by this SQL expression and never written; the table has no such column.
    Field&& computed(std::string sql) && {
        expression = std::move(sql);
        is_read_only = true;
        return std::move(*this);
    }

    Field&& default_to(Json value) && {
        return (default_value = std::move(value), std::move(*this));
    }

    Field&& about(std::string text) && { return (description = std::move(text), std::move(*this)); }

    /// The maximum number of items; for texts().
    Field&& items(size_t most) && { return (max_items = most, std::move(*this)); }

    /// Limits in characters; for object() and any() in bytes of the JSON text.
    Field&& length(size_t least, size_t most) && {
        min_length = least;
        max_length = most;
        return std::move(*this);
    }

    /// Inclusive limits of a number.
    Field&& range(std::int64_t least,
                  std::int64_t most = std::numeric_limits<std::int64_t>::max()) && {
        minimum = least;
        maximum = most;
        return std::move(*this);
    }

    /// Sets `rule`, and the pattern that OpenAPI shows for it.
    Field&& must(std::function<std::string(std::string_view)> check,
                 std::string openapi_pattern = {}) && {
        rule = std::move(check);
        pattern = std::move(openapi_pattern);
        return std::move(*this);
    }

    /// Sets `form`.
    Field&& kept_as(std::function<std::string(std::string_view)> canonical) && {
        form = std::move(canonical);
        return std::move(*this);
    }

    /// Whether a SELECT returns a column for it.
    [[nodiscard]] bool has_column() const { return !is_control; }

    /// Whether the table has a column for it.
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
