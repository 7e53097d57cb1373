// A list of rows that are no entities: an outbox, an operation log, deliveries. Newest first by
// `id`, or by a time and then `id`, in keyset pages; filtered by equality of filterable fields, by
// filters of its own, and by a range of time.
//
//     const Feed feed({.table = "operation_logs", .schema = "OperationLog",
//                      .fields = fields(text("actor").filterable(), time("created_at")),
//                      .range = "created_at"});
//     host.get("/admin/operation-logs", Access::admin, feed.operation("Lists what was done"),
//              [feed, db](const Request& request) { return feed.page(db, request); });
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/range.hpp"
#include "ezapi/resource/list.hpp"
#include "ezapi/resource/schema.hpp"

namespace ezapi {

/// What a filter asks of a row: SQL with `$?` in the place of the value, if it needs one.
struct FeedCondition {
    std::string sql;
    std::optional<std::string> value = std::nullopt;
};

/// A filter that is not the equality of a field.
struct FeedFilter {
    std::string name;
    Json schema;
    std::string about;
    /// Throws Error, 400, for a value that it does not take; NUL never comes here.
    std::function<FeedCondition(std::string_view value)> condition;
};

struct FeedSpec {
    std::string table;  // has a column `id bigint` and one of each field's name
    std::string schema;
    std::vector<Field> fields;
    std::string range = {};  // the column that `from` (inclusive) and `to` (exclusive) apply to
    std::string where = {};  // which rows belong to it at all
    std::string order = {};  // a timestamptz that pages go by before `id`
    std::vector<FeedFilter> filters = {};
};

class Feed {
public:
    explicit Feed(FeedSpec spec) : spec_(std::move(spec)) {
        for (const Field& field : spec_.fields) columns_ += ", " + detail::column_name(field.name);
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
        for (const FeedFilter& filter : spec_.filters)
            out = std::move(out).query(filter.name, filter.schema, filter.about);
        if (!spec_.range.empty()) {
            out = std::move(out)
                      .query("from", range_end_schema(), "Only rows at or after this time or date")
                      .query("to",
                             range_end_schema(),
                             "Only rows before this time, or until the end of this date");
        }
        return std::move(out)
            .returns(200, detail::page_schema(schema_ref(spec_.schema)))
            .schema(spec_.schema, object_schema(std::move(properties)));
    }

    /// `source` is a Db or a Tx; `within` fixes one field for all rows.
    template <class Source>
    [[nodiscard]] Response page(Source& source,
                                const Request& request,
                                const Within* within = nullptr) const {
        const Query query = read(request, within);
        std::vector<std::string> values = query.values;
        const std::string past = behind(query, values);
        const Rows rows =
            source.query("SELECT id" + columns_ + " FROM " + spec_.table + query.where + past +
                             order() + " LIMIT " + std::to_string(query.limit + 1),
                         parameters(values));
        std::string body = rendered(rows, std::min(rows.size(), query.limit), query.mark);
        if (query.wants_total) {
            const Rows total = source.query("SELECT count(*) FROM " + spec_.table + query.where,
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
    /// The last row of the page before.
    struct Position {
        std::string time;  // where pages go by one
        std::int64_t id = 0;
    };

    struct Query {
        size_t limit = kDefaultLimit;
        bool wants_total = false;
        std::optional<Position> before;
        std::string where;
        std::vector<std::string> values;
        std::string mark;  // of the list that cursors belong to
    };

    [[nodiscard]] std::string scope() const {
        return " WHERE " + (spec_.where.empty() ? std::string("true") : "(" + spec_.where + ")");
    }

    [[nodiscard]] std::string order() const {
        if (spec_.order.empty()) return " ORDER BY id DESC";
        return " ORDER BY \"" + spec_.order + "\" DESC, id DESC";
    }

    /// The part of the condition that leads past the page before. The comparison of the time alone
    /// is what indexes without `id`, and partitions, can begin at.
    [[nodiscard]] std::string behind(const Query& query, std::vector<std::string>& values) const {
        if (!query.before) return {};
        if (!spec_.order.empty()) values.push_back(query.before->time);
        values.push_back(std::to_string(query.before->id));
        const std::string id = "$" + std::to_string(values.size());
        if (spec_.order.empty()) return " AND id < " + id;
        const std::string column = detail::column_name(spec_.order);
        const std::string time = "$" + std::to_string(values.size() - 1);
        return " AND " + column + " <= " + time + " AND (" + column + ", id) < (" + time + ", " +
               id + ")";
    }

    [[nodiscard]] Query read(const Request& request, const Within* within) const {
        Query query;
        query.where = scope();
        query.mark = detail::list_mark(request, within);
        std::optional<Timestamp> first;
        std::optional<Timestamp> behind_last;
        if (within != nullptr) add(query, within->field, "=", std::to_string(within->id));
        for (const auto& [name, value] : request.query()) {
            if (name == "limit") {
                query.limit = static_cast<size_t>(query_integer(name, value, 1, kMaxLimit));
            } else if (name == "cursor") {
                query.before = position(value, query.mark);
            } else if (name == "count") {
                query.wants_total = flag(name, value) == "true";
            } else if (!spec_.range.empty() && (name == "from" || name == "to")) {
                const bool begins = name == "from";
                const Timestamp time = moment(name, value);
                (begins ? first : behind_last) = time;
                add(query,
                    spec_.range,
                    begins ? ">=" : "<",
                    std::string(view(Param(time).value().text)));
            } else if (const FeedFilter* filter = own_filter(name)) {
                add(query, name, *filter, value);
            } else {
                add(query, std::string(name), "=", filter_value(name, value));
            }
        }
        if (first && behind_last) check_range(*first, *behind_last);
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

    [[nodiscard]] const FeedFilter* own_filter(std::string_view name) const {
        const auto found =
            std::find_if(spec_.filters.begin(), spec_.filters.end(), [&](const FeedFilter& filter) {
                return filter.name == name;
            });
        return found == spec_.filters.end() ? nullptr : &*found;
    }

    static void add(Query& query,
                    std::string_view name,
                    const FeedFilter& filter,
                    std::string_view value) {
        FeedCondition condition = filter.condition(without_nul(name, value));
        if (condition.value) query.values.push_back(std::move(*condition.value));
        const std::string place = "$" + std::to_string(query.values.size());
        for (size_t at = 0; (at = condition.sql.find("$?", at)) != std::string::npos;)
            condition.sql.replace(at, 2, place);
        query.where += " AND (" + condition.sql + ")";
    }

    static std::string_view without_nul(std::string_view name, std::string_view value) {
        if (value.find('\0') != std::string_view::npos)
            throw detail::bad_query(name, "the character NUL is not allowed");
        return value;
    }

    [[nodiscard]] std::string filter_value(std::string_view name, std::string_view value) const {
        for (const Field& field : spec_.fields) {
            if (field.name != name || !field.is_filterable) continue;
            (void)without_nul(name, value);
            if (field.type == FieldType::integer)
                return std::to_string(query_integer(name, value, field.minimum, field.maximum));
            if (field.type == FieldType::boolean) return flag(name, value);
            if (std::string wrong = detail::choice_fault(field, value); !wrong.empty())
                throw detail::bad_query(name, wrong);
            return std::string(value);
        }
        throw detail::bad_query(name, "not a filter of this list");
    }

    static std::string flag(std::string_view name, std::string_view text) {
        if (text == "true" || text == "false") return std::string(text);
        throw detail::bad_query(
            name, "expected true or false, found '" + std::string(text.substr(0, 80)) + "'");
    }

    static Timestamp moment(std::string_view name, std::string_view text) {
        const auto time =
            parse_range_end(text, name == "from" ? RangeEnd::first : RangeEnd::behind);
        if (!time)
            throw detail::bad_query(name,
                                    std::string("expected ") + kRangeEndForm + ", found '" +
                                        std::string(text.substr(0, 80)) + "'");
        return *time;
    }

    /// A cursor is the list's mark and the id, or mark, time and id, with spaces between them.
    [[nodiscard]] Position position(std::string_view cursor, std::string_view mark) const {
        std::string text = from_base64url(cursor).value_or("");
        const size_t behind_mark = text.find(' ');
        if (behind_mark != mark.size()) throw detail::foreign_cursor();
        if (!text.starts_with(mark)) throw detail::cursor_of_another_list();
        text.erase(0, behind_mark + 1);
        const size_t space = text.rfind(' ');
        const bool timed = space != std::string::npos;
        const auto time = parse_time(std::string_view(text).substr(0, timed ? space : 0));
        const char* first = text.data() + (timed ? space + 1 : 0);
        const char* last = text.data() + text.size();
        Position out;
        const auto [end, fault] = std::from_chars(first, last, out.id);
        if (fault != std::errc{} || end != last || out.id <= 0 ||
            (spec_.order.empty() ? timed : !time))
            throw detail::foreign_cursor();
        if (time) out.time = view(Param(*time).value().text);
        return out;
    }

    static std::vector<Param> parameters(const std::vector<std::string>& values) {
        return {values.begin(), values.end()};
    }

    [[nodiscard]] std::string rendered(const Rows& rows,
                                       size_t shown,
                                       const std::string& mark) const {
        std::string body = "{\"data\":[";
        for (size_t row = 0; row < shown; ++row) {
            if (row != 0) body.push_back(',');
            append(body, rows, row);
        }
        body += "],\"next_cursor\":";
        if (rows.size() > shown) {
            append_json_string(body, base64url(mark + " " + cursor(rows, shown - 1)));
        } else {
            body += "null";
        }
        return body;
    }

    [[nodiscard]] std::string cursor(const Rows& rows, size_t row) const {
        const std::string id(rows.text(row, 0));
        if (spec_.order.empty()) return id;
        size_t column = 1;
        while (spec_.fields[column - 1].name != spec_.order) ++column;
        return std::string(rows.text(row, column)) + " " + id;
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
