// A list of rows that are no entities: an outbox, an operation log, deliveries. Newest first by
// `id`, in keyset pages, filtered by equality of filterable fields and by a range of time.
//
//     const Feed feed({.table = "operation_logs", .schema = "OperationLog",
//                      .fields = fields(text("actor").filterable(), time("created_at")),
//                      .range = "created_at"});
//     host.get("/admin/operation-logs", Access::admin, feed.operation("Lists what was done"),
//              [this](const Request& request) { return feed_.page(db_, request); });
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/resource/list.hpp"
#include "ezapi/resource/schema.hpp"

namespace ezapi {

struct FeedSpec {
    std::string table;  // has a column `id bigint` and one of each field's name
    std::string schema;
    std::vector<Field> fields;
    std::string range = {};  // the column that `from` (inclusive) and `to` (exclusive) apply to
    std::string where = {};  // which rows belong to it at all
};

class Feed {
public:
    explicit Feed(FeedSpec spec) : spec_(std::move(spec)) {
        for (const Field& field : spec_.fields) columns_ += ", \"" + field.name + "\"";
    }

    /// Describes the list, with its parameters and its schema.
    [[nodiscard]] Operation operation(std::string_view summary) const {
        Operation out = Operation(summary)
                            .query("limit",
                                   {{"type", "integer"},
                                    {"minimum", 1},
                                    {"maximum", kMaxLimit},
                                    {"default", kDefaultLimit}},
                                   "Rows of a page")
                            .query("cursor", text_schema(), "next_cursor of the page before")
                            .query("count", boolean_schema(), "Whether to count all into total");
        Json properties{{"id", integer_schema()}};
        for (const Field& field : spec_.fields) {
            properties[field.name] = detail::answer_schema(field);
            if (!field.is_filterable) continue;
            Json schema = detail::answer_schema(field);
            schema.erase("nullable");
            out = std::move(out).query(field.name, schema, "Only rows with this value");
        }
        if (!spec_.range.empty()) {
            out = std::move(out)
                      .query("from", time_schema(), "Only rows at or after this time")
                      .query("to", time_schema(), "Only rows before this time");
        }
        return std::move(out)
            .returns(200, detail::page_schema(schema_ref(spec_.schema)))
            .schema(spec_.schema, object_schema(std::move(properties)));
    }

    [[nodiscard]] Response page(const Db& db, const Request& request) const {
        const Query query = read(request);
        std::vector<std::string> values = query.values;
        std::string where = query.where;
        if (query.before) {
            values.push_back(std::to_string(*query.before));
            where += " AND id < $" + std::to_string(values.size());
        }
        const Rows rows = db.query("SELECT id" + columns_ + " FROM " + spec_.table + where +
                                       " ORDER BY id DESC LIMIT " + std::to_string(query.limit + 1),
                                   parameters(values));
        std::string body = rendered(rows, std::min(rows.size(), query.limit));
        if (query.wants_total) {
            const Rows total = db.query("SELECT count(*) FROM " + spec_.table + query.where,
                                        parameters(query.values));
            body += ",\"total\":" + std::string(total.text(0, 0));
        }
        body.push_back('}');
        return Response::text(std::move(body));
    }

    /// The row of one id as JSON text; nothing where there is none.
    [[nodiscard]] std::optional<std::string> one(const Db& db, std::int64_t id) const {
        const Rows rows = db.query(
            "SELECT id" + columns_ + " FROM " + spec_.table + scope() + " AND id = $1", {id});
        if (rows.empty()) return std::nullopt;
        std::string out;
        append(out, rows, 0);
        return out;
    }

private:
    struct Query {
        size_t limit = kDefaultLimit;
        bool wants_total = false;
        std::optional<std::int64_t> before;
        std::string where;
        std::vector<std::string> values;
    };

    [[nodiscard]] std::string scope() const {
        return " WHERE " + (spec_.where.empty() ? std::string("true") : "(" + spec_.where + ")");
    }

    [[nodiscard]] Query read(const Request& request) const {
        Query query;
        query.where = scope();
        for (const auto& [name, value] : request.query()) {
            if (name == "limit") {
                query.limit = static_cast<size_t>(number(name, value, 1, kMaxLimit));
            } else if (name == "cursor") {
                query.before = position(value);
            } else if (name == "count") {
                query.wants_total = flag(name, value) == "true";
            } else if (!spec_.range.empty() && (name == "from" || name == "to")) {
                add(query, spec_.range, name == "from" ? ">=" : "<", moment(name, value));
            } else {
                add(query, std::string(name), "=", filter_value(name, value));
            }
        }
        return query;
    }

    static void add(Query& query,
                    const std::string& column,
                    std::string_view comparison,
                    std::string value) {
        query.values.push_back(std::move(value));
        query.where += " AND \"" + column + "\" " + std::string(comparison) + " $" +
                       std::to_string(query.values.size());
    }

    [[nodiscard]] std::string filter_value(std::string_view name, std::string_view value) const {
        for (const Field& field : spec_.fields) {
            if (field.name != name || !field.is_filterable) continue;
            if (value.find('\0') != std::string_view::npos)
                throw detail::bad_query(name, "the character NUL is not allowed");
            if (field.type == FieldType::integer) {
                using Limits = std::numeric_limits<std::int64_t>;
                return std::to_string(number(name, value, Limits::min(), Limits::max()));
            }
            if (field.type == FieldType::boolean) return flag(name, value);
            if (!field.choices.empty() &&
                std::find(field.choices.begin(), field.choices.end(), value) ==
                    field.choices.end()) {
                throw detail::bad_query(
                    name, "'" + std::string(value.substr(0, 80)) + "' is none of its values");
            }
            return std::string(value);
        }
        throw detail::bad_query(name, "not a filter of this list");
    }

    static std::int64_t number(std::string_view name,
                               std::string_view text,
                               std::int64_t least,
                               std::int64_t most) {
        std::int64_t value = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (fault != std::errc{} || end != text.data() + text.size() || value < least ||
            value > most) {
            throw detail::bad_query(name,
                                    "expected an integer from " + std::to_string(least) + " to " +
                                        std::to_string(most) + ", found '" +
                                        std::string(text.substr(0, 80)) + "'");
        }
        return value;
    }

    static std::string flag(std::string_view name, std::string_view text) {
        if (text == "true" || text == "false") return std::string(text);
        throw detail::bad_query(
            name, "expected true or false, found '" + std::string(text.substr(0, 80)) + "'");
    }

    static std::string moment(std::string_view name, std::string_view text) {
        const auto time = parse_time(text);
        if (!time)
            throw detail::bad_query(
                name,
                "expected a time as RFC 3339, found '" + std::string(text.substr(0, 80)) + "'");
        return std::string(view(Param(*time).value().text));
    }

    static std::int64_t position(std::string_view cursor) {
        const auto text = from_base64url(cursor);
        std::int64_t id = 0;
        if (text) {
            const auto [end, fault] =
                std::from_chars(text->data(), text->data() + text->size(), id);
            if (fault == std::errc{} && end == text->data() + text->size() && id > 0) return id;
        }
        throw detail::bad_query("cursor", "not one that this list has handed out");
    }

    static std::vector<Param> parameters(const std::vector<std::string>& values) {
        return {values.begin(), values.end()};
    }

    [[nodiscard]] std::string rendered(const Rows& rows, size_t shown) const {
        std::string body = "{\"data\":[";
        for (size_t row = 0; row < shown; ++row) {
            if (row != 0) body.push_back(',');
            append(body, rows, row);
        }
        body += "],\"next_cursor\":";
        if (rows.size() > shown) {
            append_json_string(body, base64url(rows.text(shown - 1, 0)));
        } else {
            body += "null";
        }
        return body;
    }

    void append(std::string& out, const Rows& rows, size_t row) const {
        out += "{\"id\":";
        out += rows.text(row, 0);
        size_t column = 1;
        for (const Field& field : spec_.fields) {
            out += ",\"" + field.name + "\":";
            detail::append_cell(out, field.type, rows.cell(row, column++));
        }
        out.push_back('}');
    }

    FeedSpec spec_;
    std::string columns_;
};

}  // namespace ezapi
