// Lists with filters, ranges of time, substring search, sorting and keyset paging with an opaque
// cursor. Used for resources (served.hpp) and for rows that are not entities (feed.hpp).
//
// A cursor contains the sort key of the last row, and a digest of the collection, filters, search
// and sort. The next page is found by comparing with that key and not by counting rows: page 10,000
// costs as much as page 1, and inserted or deleted rows do not shift the pages.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/base/numbers.hpp"
#include "ezapi/db.hpp"
#include "ezapi/escape.hpp"
#include "ezapi/http.hpp"
#include "ezapi/range.hpp"
#include "ezapi/resource/cursor.hpp"
#include "ezapi/resource/record.hpp"
#include "ezapi/resource/refusals.hpp"

namespace ezapi {

/// The SQL condition of a filter; `$?` stands for its value, if it has one.
struct ListCondition {
    std::string sql;
    std::optional<std::string> value = std::nullopt;
};

/// A filter other than the equality of a field.
struct ListFilter {
    std::string name;
    Json schema;
    std::string about;
    /// Throws a 400 Error for a value that is not valid. The value contains no NUL.
    std::function<ListCondition(std::string_view value)> condition;
};

namespace detail {

/// One key of a sort.
struct SortKey {
    std::string expression;  // never NULL, because no comparison with NULL is true
    FieldType type = FieldType::integer;
    bool is_descending = false;
    /// The column of the selected row that has this value, if any.
    std::optional<size_t> column = std::nullopt;
};

/// What all lists of one kind have in common. Its text comes from the plugin, never from a request.
struct ListPlan {
    std::string subject;  // for messages: "masters", "this list"
    std::string table;
    std::string columns;        // selected for each row
    std::vector<Field> fields;  // fields to filter by
    std::vector<ListFilter> filters = {};
    std::string where = {};  // SQL condition for the rows that belong to the list
    std::string range = {};  // a time column; `from` (inclusive) and `to` (exclusive) apply to it
    std::vector<std::pair<std::string, SortKey>> sorts = {};  // the names that `sort` accepts
    std::vector<SortKey> order;  // without `sort`; the last key is unique
    bool is_searchable = false;
    bool is_composed = false;  // text is stored in NFC, so filters are normalised too
};

/// One request for a list, read from its query parameters.
class ListQuery {
public:
    /// `plan` must outlive this object. `within` fixes one field for all rows.
    ListQuery(const ListPlan& plan, const Request& request, const Within* within)
        : plan_(plan), mark_(list_mark(request, within)) {
        if (!plan.where.empty()) conditions_.push_back("(" + plan.where + ")");
        if (within != nullptr) compare(within->field, "=", std::to_string(within->id));
        std::optional<std::string_view> cursor;
        std::string_view sort;
        for (const auto& [name, value] : request.query()) {
            if (name == "limit") {
                limit_ = query_integer(name, value, 1, kMaxLimit);
            } else if (name == "cursor") {
                cursor = value;
            } else if (name == "count") {
                wants_total_ = query_flag(name, value);
            } else if (name == "sort" && !plan.sorts.empty()) {
                sort = value;
            } else if (name == "q" && plan.is_searchable) {
                search(value);
            } else if (name == "from" && !plan.range.empty()) {
                from_ = query_time(name, value, RangeEnd::first);
                compare(plan.range, ">=", stored_time(*from_));
            } else if (name == "to" && !plan.range.empty()) {
                to_ = query_time(name, value, RangeEnd::behind);
                compare(plan.range, "<", stored_time(*to_));
            } else {
                filter(name, value);
            }
        }
        if (from_ && to_) check_range(*from_, *to_);
        read_sort(sort);
        if (cursor) read_cursor(*cursor);
    }

    /// Runs the query and returns the page. `source` is a Db or a Tx; `append(body, rows, row)`
    /// appends the JSON object of one row.
    template <class Source, class Append>
    [[nodiscard]] Response run(Source& source, Append&& append) const {
        const Rows rows = source.query(page_sql(), page_parameters());
        const size_t shown = std::min(rows.size(), static_cast<size_t>(limit_));
        std::string body = "{\"data\":[";
        for (size_t row = 0; row < shown; ++row) {
            if (row != 0) body.push_back(',');
            append(body, rows, row);
        }
        body += "],\"next_cursor\":";
        if (rows.size() > shown) {
            append_json_string(body, next_cursor(rows, shown - 1));
        } else {
            body += "null";
        }
        if (wants_total_) {
            const Rows count = source.query(
                "SELECT count(*) FROM " + plan_.table + where(conditions_), parameters(values_));
            body += ",\"total\":" + std::string(count.text(0, 0));
        }
        body.push_back('}');
        return Response::json_text(std::move(body));
    }

private:
    static constexpr size_t kMaxCursorText = 4096;  // bytes of one key
    static constexpr size_t kMaxSortKeys = 5;

    /// Adds a value and returns its placeholder: "$3".
    std::string place(std::string value) {
        values_.push_back(std::move(value));
        return "$" + std::to_string(values_.size());
    }

    void compare(const std::string& column, std::string_view comparison, std::string value) {
        conditions_.push_back(column_name(column) + " " + std::string(comparison) + " " +
                              place(std::move(value)));
    }

    /// With microseconds, the precision of PostgreSQL.
    static std::string stored_time(Timestamp time) {
        return std::string(view(Param(time).value().text));
    }

    void search(std::string_view text) {
        if (text.empty()) return;
        if (characters(text) > 200) throw bad_query("q", "expected at most 200 characters");
        const std::string pattern = place("%" + like_literal(stored_form("q", text)) + "%");
        std::string any;
        for (const Field& field : plan_.fields) {
            if (field.is_searchable)
                any +=
                    (any.empty() ? "" : " OR ") + (column_name(field.name) + " ILIKE " + pattern);
        }
        conditions_.push_back("(" + any + ")");
    }

    /// Normalises a text as if it were stored.
    [[nodiscard]] std::string stored_form(std::string_view name, std::string_view value) const {
        std::string text(query_text(name, value));
        if (!plan_.is_composed) return text;
        try {
            return composed(std::move(text));
        } catch (const Error& error) {
            throw bad_query(name, error.what());
        }
    }

    void filter(std::string_view name, std::string_view value) {
        for (const ListFilter& own : plan_.filters) {
            if (own.name == name) return add(own, query_text(name, value));
        }
        for (const Field& field : plan_.fields) {
            if (field.name == name && field.is_filterable) return add(field, value);
        }
        // The host refuses parameters that the operation does not list. `wait` and `timeout` are
        // parameters of writes.
        throw bad_query(name, "not a filter of " + plan_.subject);
    }

    void add(const ListFilter& own, std::string_view value) {
        ListCondition condition = own.condition(value);
        if (condition.value) {
            const std::string at = place(std::move(*condition.value));
            for (size_t found = 0; (found = condition.sql.find("$?", found)) != std::string::npos;)
                condition.sql.replace(found, 2, at);
        }
        conditions_.push_back("(" + condition.sql + ")");
    }

    void add(const Field& field, std::string_view value) {
        std::string text = stored_form(field.name, value);
        switch (field.type) {
            case FieldType::integer:
                text =
                    std::to_string(query_integer(field.name, value, field.minimum, field.maximum));
                break;
            case FieldType::boolean:
                static_cast<void>(query_flag(field.name, value));
                break;
            case FieldType::time:
                text = stored_time(query_time(field.name, value));
                break;
            case FieldType::text:
                if (std::string wrong = choice_fault(field, text); !wrong.empty())
                    throw bad_query(field.name, wrong);
                break;
            case FieldType::texts:  // membership
                conditions_.push_back(column_name(field.name) + " @> " +
                                      place(dump_json(Json::array({text}))) + "::jsonb");
                return;
            default:
                break;
        }
        compare(field.name, "=", std::move(text));
    }

    void read_sort(std::string_view text) {
        sort_ = plan_.order;
        if (text.empty()) return;
        sort_.clear();
        bool by_id = false;
        while (!text.empty()) {
            const size_t comma = text.find(',');
            std::string_view name = trim(text.substr(0, comma));
            text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
            const bool is_descending = name.starts_with('-');
            if (is_descending) name.remove_prefix(1);
            const auto found = std::find_if(plan_.sorts.begin(),
                                            plan_.sorts.end(),
                                            [&](const auto& sort) { return sort.first == name; });
            if (found == plan_.sorts.end())
                throw unexpected_query("sort", "some of " + sortable_names(), name);
            if (sort_.size() == kMaxSortKeys) throw bad_query("sort", "expected at most 5 fields");
            by_id = by_id || name == "id";
            sort_.push_back(found->second);
            sort_.back().is_descending = is_descending;
        }
        if (by_id) return;
        const bool is_descending = sort_.back().is_descending;
        sort_.push_back(plan_.order.back());
        sort_.back().is_descending = is_descending;
    }

    [[nodiscard]] std::string sortable_names() const {
        std::string out;
        for (const auto& [name, key] : plan_.sorts) out += (out.empty() ? "" : ", ") + name;
        return out;
    }

    void read_cursor(std::string_view text) {
        after_ = cursor_keys(text, mark_, sort_.size());
        for (size_t i = 0; i < after_.size(); ++i) {
            if (!is_sort_value(sort_[i].type, after_[i])) throw foreign_cursor();
        }
    }

    /// Whether PostgreSQL accepts the text as a value of the type.
    static bool is_sort_value(FieldType type, std::string_view text) {
        switch (type) {
            case FieldType::integer:
                return parse_integer(text).has_value();
            case FieldType::number:
                return is_decimal(text);
            case FieldType::boolean:
                return text == "t" || text == "f";
            case FieldType::time:
                return text == "-infinity" || parse_time(text).has_value();
            default:
                return text.find('\0') == std::string_view::npos && text.size() <= kMaxCursorText;
        }
    }

    static bool is_decimal(std::string_view text) {
        if (text.starts_with('-')) text.remove_prefix(1);
        const size_t point = text.find('.');
        const std::string_view fraction =
            point == std::string_view::npos ? "0" : text.substr(point + 1);
        const auto digits = [](std::string_view part) {
            return !part.empty() && part.size() <= 1000 &&
                   part.find_first_not_of("0123456789") == std::string_view::npos;
        };
        return digits(text.substr(0, point)) && digits(fraction);
    }

    [[nodiscard]] std::string next_cursor(const Rows& rows, size_t last) const {
        std::vector<std::string> keys;
        size_t added = rows.columns() - added_columns();
        for (const SortKey& key : sort_)
            keys.emplace_back(rows.text(last, key.column ? *key.column : added++));
        return make_cursor(mark_, keys);
    }

    /// The number of sort keys that the row does not contain; they are selected after its columns.
    [[nodiscard]] size_t added_columns() const {
        return static_cast<size_t>(std::count_if(
            sort_.begin(), sort_.end(), [](const SortKey& key) { return !key.column; }));
    }

    static std::string where(const std::vector<std::string>& conditions) {
        std::string out;
        for (const std::string& condition : conditions)
            out += (out.empty() ? " WHERE " : " AND ") + condition;
        return out;
    }

    /// The condition for the rows after the cursor. It starts with a comparison of the first key
    /// alone, so that an index on that key and partition pruning can use it.
    [[nodiscard]] std::string past_cursor() const {
        const auto comparison = [](const SortKey& key) { return key.is_descending ? "<" : ">"; };
        const auto place = [&](size_t i) { return "$" + std::to_string(values_.size() + 1 + i); };
        const SortKey& first = sort_.front();
        if (sort_.size() == 1) return first.expression + " " + comparison(first) + " " + place(0);
        const std::string start =
            first.expression + " " + comparison(first) + "= " + place(0) + " AND ";
        const bool is_uniform = std::all_of(sort_.begin(), sort_.end(), [&](const SortKey& key) {
            return key.is_descending == first.is_descending;
        });
        if (is_uniform) {  // (a, b, id) > ($1, $2, $3)
            std::string keys;
            std::string places;
            for (size_t i = 0; i < sort_.size(); ++i) {
                keys += (i == 0 ? "" : ", ") + sort_[i].expression;
                places += (i == 0 ? "" : ", ") + place(i);
            }
            return start + "(" + keys + ") " + comparison(first) + " (" + places + ")";
        }
        std::string any;  // a > $1 OR a = $1 AND b < $2 OR ...
        std::string equal;
        for (size_t i = 0; i < sort_.size(); ++i) {
            any += (i == 0 ? "(" : " OR (") + equal + sort_[i].expression + " " +
                   comparison(sort_[i]) + " " + place(i) + ")";
            equal += sort_[i].expression + " = " + place(i) + " AND ";
        }
        return start + "(" + any + ")";
    }

    [[nodiscard]] std::string page_sql() const {
        std::vector<std::string> conditions = conditions_;
        if (!after_.empty()) conditions.push_back(past_cursor());
        std::string added;
        std::string order;
        for (const SortKey& key : sort_) {
            // Selected under its own alias, because ORDER BY could not tell it from the column
            // otherwise.
            if (!key.column)
                added += ", (" + key.expression + ")::text AS ez_sort_" +
                         std::to_string(&key - sort_.data());
            order += (order.empty() ? " ORDER BY " : ", ") + key.expression +
                     (key.is_descending ? " DESC" : "");
        }
        return "SELECT " + plan_.columns + added + " FROM " + plan_.table + where(conditions) +
               order + " LIMIT " + std::to_string(limit_ + 1);
    }

    [[nodiscard]] std::vector<Param> page_parameters() const {
        std::vector<Param> out = parameters(values_);
        for (const std::string& value : after_) out.emplace_back(std::string_view(value));
        return out;
    }

    static std::vector<Param> parameters(const std::vector<std::string>& values) {
        return {values.begin(), values.end()};
    }

    const ListPlan& plan_;
    std::string mark_;
    std::int64_t limit_ = kDefaultLimit;
    bool wants_total_ = false;
    std::optional<Timestamp> from_;
    std::optional<Timestamp> to_;
    std::vector<SortKey> sort_;
    std::vector<std::string> conditions_;
    std::vector<std::string> values_;
    std::vector<std::string> after_;
};

}  // namespace detail
}  // namespace ezapi
