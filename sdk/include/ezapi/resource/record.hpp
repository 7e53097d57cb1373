// A row of a resource's table: JSON text for answers, and a JSON document for code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ezapi/base/numbers.hpp"
#include "ezapi/db.hpp"
#include "ezapi/json.hpp"
#include "ezapi/resource/digest.hpp"
#include "ezapi/resource/field.hpp"

namespace ezapi {

/// A stored entity.
struct Record {
    std::int64_t id = 0;
    std::int64_t version = 0;
    Json data;                     // every column, including hidden ones
    std::string text;              // the API's answer: no hidden columns, secrets masked
    Json reveal = Json::object();  // values shown once, in the answer to the write
    std::uint64_t live = 0;        // a digest of the live fields; 0: all have their defaults
};

namespace detail {

inline void append_cell(std::string& out, FieldType type, ez_value cell) {
    if (cell.is_null != 0) {
        out += "null";
        return;
    }
    const std::string_view text = view(cell.text);
    switch (type) {
        case FieldType::text:
            append_json_string(out, text);
            break;
        case FieldType::boolean:
            out += text == "t" ? "true" : "false";
            break;
        case FieldType::time:
            out.push_back('"');
            append_pg_time(out, text);
            out.push_back('"');
            break;
        default:
            out += text;  // numbers and jsonb are valid JSON
    }
}

/// The value of a cell. Only jsonb and numbers with a fraction are parsed as JSON.
[[nodiscard]] inline Json cell_json(FieldType type, ez_value cell) {
    if (cell.is_null != 0) return nullptr;
    const std::string_view text = view(cell.text);
    switch (type) {
        case FieldType::text:
            return text;
        case FieldType::boolean:
            return text == "t";
        case FieldType::integer:
            return parse_integer(text).value();
        case FieldType::time: {
            std::string out;
            append_pg_time(out, text);
            return out;
        }
        default:
            return parse_stored(text);
    }
}

/// Quoted, because some field names are SQL keywords ("group").
[[nodiscard]] inline std::string column_name(const std::string& name) {
    return "\"" + name + "\"";
}

/// The expression that a SELECT contains for a field.
[[nodiscard]] inline std::string selected(const Field& field) {
    return field.expression.empty() ? column_name(field.name) : "(" + field.expression + ")";
}

/// A field's value as a parameter of a statement.
[[nodiscard]] inline Param parameter(const Field& field, const Json& value) {
    if (value.is_null()) return std::nullopt;
    switch (field.type) {
        case FieldType::text:
        case FieldType::time:
            return Param(std::string_view(value.get_ref<const std::string&>()));
        case FieldType::boolean:
            return Param(value.get<bool>());
        case FieldType::integer:
            return Param(value.get<std::int64_t>());
        default:
            return Param::owning(dump_json(value));
    }
}

/// The columns that every resource has; they precede the fields.
inline constexpr size_t kCommonColumns = 4;
inline constexpr std::string_view kCommonSelect = "id, version, created_at, updated_at";

/// Appends the visible part of a row as JSON. The row has the common columns and one for each field
/// with a column.
inline void append_row(std::string& out,
                       const std::vector<Field>& fields,
                       const Rows& rows,
                       size_t row) {
    out += "{\"id\":";
    out += rows.text(row, 0);
    size_t column = kCommonColumns;
    for (const Field& field : fields) {
        if (!field.has_column()) continue;
        if (field.is_visible()) {
            out += ",\"";
            out += field.name;
            out += "\":";
            append_cell(out, field.type, rows.cell(row, column));
        }
        ++column;
    }
    out += ",\"version\":";
    out += rows.text(row, 1);
    out += ",\"created_at\":";
    append_cell(out, FieldType::time, rows.cell(row, 2));
    out += ",\"updated_at\":";
    append_cell(out, FieldType::time, rows.cell(row, 3));
    out.push_back('}');
}

/// Whether a cell has the default value of its field. Allocates nothing for counters and flags.
[[nodiscard]] inline bool has_default(const Field& field, ez_value cell) {
    if (cell.is_null != 0 || field.default_value.is_null())
        return cell.is_null != 0 && field.default_value.is_null();
    const std::string_view text = view(cell.text);
    if (field.default_value.is_boolean()) return (text == "t") == field.default_value.get<bool>();
    return field.default_value.is_number_integer() &&
           text == std::to_string(field.default_value.get<std::int64_t>());
}

/// See Record::live.
[[nodiscard]] inline std::uint64_t live_digest(const std::vector<Field>& fields,
                                               const Rows& rows,
                                               size_t row) {
    Digest digest;
    bool all_default = true;
    size_t column = kCommonColumns;
    for (const Field& field : fields) {
        if (!field.has_column()) continue;
        const ez_value cell = rows.cell(row, column++);
        if (!field.is_live || !field.is_visible()) continue;
        all_default = all_default && has_default(field, cell);
        digest.add(cell.is_null != 0 ? "null" : view(cell.text));
        digest.separate();
    }
    return all_default ? 0 : digest.value();
}

[[nodiscard]] inline Record read_row(const std::vector<Field>& fields,
                                     const Rows& rows,
                                     size_t row) {
    Record record;
    record.id = rows.integer(row, 0);
    record.version = rows.integer(row, 1);
    size_t column = kCommonColumns;
    for (const Field& field : fields) {
        if (field.has_column())
            record.data[field.name] = cell_json(field.type, rows.cell(row, column++));
    }
    append_row(record.text, fields, rows, row);
    record.live = live_digest(fields, rows, row);
    return record;
}

}  // namespace detail
}  // namespace ezapi
