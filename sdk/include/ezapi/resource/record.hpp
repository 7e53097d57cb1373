// A row of a resource's table, rendered as JSON text for answers and read as a document for code.
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

/// One stored entity.
struct Record {
    std::int64_t id = 0;
    std::int64_t version = 0;
    Json data;                     // every column, hidden ones too
    std::string text;              // what the API answers: no hidden column, secrets masked
    Json reveal = Json::object();  // shown once, in the answer that creates it
    std::uint64_t live = 0;        // a digest of the live fields; 0: each has its default
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
            out += text;  // numbers and jsonb are JSON already
    }
}

/// The value of a cell. Only numbers with a fraction and jsonb are parsed as JSON.
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

/// Some field names are words of SQL ("group").
[[nodiscard]] inline std::string column_name(const std::string& name) {
    return "\"" + name + "\"";
}

/// What a SELECT reads of a field.
[[nodiscard]] inline std::string selected(const Field& field) {
    return field.expression.empty() ? column_name(field.name) : "(" + field.expression + ")";
}

/// A value of a field as a place of a statement.
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

/// The columns that every resource has, in front of its own.
inline constexpr size_t kCommonColumns = 4;
inline constexpr std::string_view kCommonSelect = "id, version, created_at, updated_at";

/// Appends the visible part of a row whose columns are the common ones and one for each field with
/// a column.
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

/// Whether a cell shows the default of its field. Allocates nothing for counters and flags.
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
