// Lists: filters by equality, substring search, any sort with keyset pages behind an opaque cursor.
//
// The cursor holds the sort key of the last row, and a mark of the collection, filters, search and
// sort that it belongs to. A page is found by comparing with
// that key, not by counting rows, so that page 10,000 costs what page 1 costs and rows that come
// and go shift nothing.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/base64.hpp"
#include "ezapi/http.hpp"
#include "ezapi/range.hpp"
#include "ezapi/resource/cursor.hpp"
#include "ezapi/resource/resource.hpp"

namespace ezapi {

inline constexpr std::int64_t kDefaultLimit = 50;
inline constexpr std::int64_t kMaxLimit = 500;

namespace detail {

/// Stored text is in NFC, so what it is compared with must be, too.
inline std::string composed_query(std::string_view name, std::string_view value) {
    try {
        return composed(std::string(value));
    } catch (const Error& error) {
        throw bad_query(name, error.what());
    }
}

}  // namespace detail

/// What a client asks of a list, read from its query.
class ListQuery {
public:
    ListQuery(const Resource& resource, const Request& request, const Within* within)
        : resource_(resource), mark_(detail::list_mark(request, within)) {
        if (within != nullptr)
            add_condition(detail::column_name(within->field) + " = ", std::to_string(within->id));
        std::optional<std::string_view> cursor;
        std::string_view sort;
        for (const auto& [name, value] : request.query()) {
            if (name == "limit") {
                limit_ = query_integer(name, value, 1, kMaxLimit);
            } else if (name == "cursor") {
                cursor = value;
            } else if (name == "sort") {
                sort = value;
            } else if (name == "q") {
                search(value);
            } else if (name == "count") {
                if (value != "true" && value != "false")
                    throw detail::bad_query(
                        name,
                        "expected true or false, found '" + std::string(value.substr(0, 80)) + "'");
                wants_total_ = value == "true";
            } else {
                filter(name, value);
            }
        }
        read_sort(sort);
        if (cursor) read_cursor(*cursor);
    }

    [[nodiscard]] Response run(const Db& db) const {
        const Rows rows = db.query(page_sql(), page_params());
        const size_t shown = std::min(rows.size(), static_cast<size_t>(limit_));
        std::string body = "{\"data\":[";
        for (size_t row = 0; row < shown; ++row) {
            if (row != 0) body.push_back(',');
            detail::append_row(body, resource_.fields(), rows, row);
        }
        body += "],\"next_cursor\":";
        if (rows.size() > shown) {
            append_json_string(body, next_cursor(rows, shown - 1));
        } else {
            body += "null";
        }
        if (wants_total_) {
            const Rows count =
                db.query("SELECT count(*) FROM " + resource_.spec().table + where(conditions_),
                         parameters(values_));
            body += ",\"total\":" + std::string(count.text(0, 0));
        }
        body.push_back('}');
        return Response::text(std::move(body));
    }

private:
    static constexpr size_t kMaxCursorText = 4096;  // more than any sorted field holds

    struct SortKey {
        std::string expression;
        bool descending = false;
        FieldType type = FieldType::integer;
    };

    void add_condition(const std::string& comparison,
                       std::string value,
                       std::string_view cast = {}) {
        values_.push_back(std::move(value));
        conditions_.push_back(comparison + "$" + std::to_string(values_.size()) +
                              std::string(cast));
    }

    void search(std::string_view text) {
        if (text.empty()) return;
        if (characters(text) > 200) throw detail::bad_query("q", "expected at most 200 characters");
        std::string pattern = "%";
        for (const char c : detail::composed_query("q", text)) {
            if (c == '%' || c == '_' || c == '\\') pattern.push_back('\\');
            pattern.push_back(c);
        }
        pattern.push_back('%');
        values_.push_back(std::move(pattern));
        const std::string place = "$" + std::to_string(values_.size());
        std::string any;
        for (const Field& field : resource_.fields()) {
            if (field.is_searchable)
                any += (any.empty() ? "" : " OR ") +
                       (detail::column_name(field.name) + " ILIKE " + place);
        }
        conditions_.push_back("(" + (any.empty() ? "false" : any) + ")");
    }

    void filter(std::string_view name, std::string_view value) {
        for (const Field& field : resource_.fields()) {
            if (field.name != name || !field.is_filterable) continue;
            std::string text = detail::composed_query(name, value);
            if (text.find('\0') != std::string::npos)
                throw detail::bad_query(name, "the character NUL is not allowed");
            switch (field.type) {
                case FieldType::integer:
                    (void)query_integer(name, value, field.minimum, field.maximum);
                    break;
                case FieldType::boolean:
                    if (value != "true" && value != "false")
                        throw detail::bad_query(
                            name, "expected true or false, found '" + text.substr(0, 80) + "'");
                    break;
                case FieldType::time: {
                    const auto time = parse_range_end(value, RangeEnd::first);
                    if (!time)
                        throw detail::bad_query(name,
                                                std::string("expected ") + kRangeEndForm +
                                                    ", found '" + text.substr(0, 80) + "'");
                    text = format_time(*time);
                    break;
                }
                case FieldType::text:
                    if (std::string wrong = detail::choice_fault(field, text); !wrong.empty())
                        throw detail::bad_query(name, wrong);
                    break;
                default:
                    break;
            }
            if (field.type == FieldType::texts) {  // membership
                values_.push_back(dump_json(Json::array({text})));
                conditions_.push_back(detail::column_name(field.name) + " @> $" +
                                      std::to_string(values_.size()) + "::jsonb");
            } else {
                add_condition(detail::column_name(field.name) + " = ", std::move(text));
            }
            return;
        }
        // The host refuses names that the operation does not list; wait and timeout belong to
        // writes.
        throw detail::bad_query(name, "not a filter of " + resource_.spec().name);
    }

    [[nodiscard]] std::optional<std::string> sort_expression(std::string_view name) const {
        if (is_common(name)) return std::string(name);
        for (const Field& field : resource_.fields()) {
            if (field.name != name || !field.is_sortable) continue;
            const std::string column = detail::column_name(field.name);
            if (!field.is_nullable) return column;
            // NULL compares with nothing, so a page could not be continued behind it: it sorts as
            // the least value.
            switch (field.type) {
                case FieldType::time:
                    return "COALESCE(" + column + ", '-infinity')";
                case FieldType::integer:
                case FieldType::number:
                    return "COALESCE(" + column + ", -9223372036854775808)";
                default:
                    return "COALESCE(" + column + ", '')";
            }
        }
        return std::nullopt;
    }

    static bool is_common(std::string_view name) {
        return name == "id" || name == "created_at" || name == "updated_at";
    }

    [[nodiscard]] FieldType sort_type(std::string_view name) const {
        if (is_common(name)) return name == "id" ? FieldType::integer : FieldType::time;
        for (const Field& field : resource_.fields()) {
            if (field.name == name) return field.type;
        }
        return FieldType::text;
    }

    void read_sort(std::string_view text) {
        bool by_id = false;
        while (!text.empty()) {
            const size_t comma = text.find(',');
            std::string_view name = trim(text.substr(0, comma));
            text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
            SortKey key;
            if (name.starts_with('-')) {
                key.descending = true;
                name.remove_prefix(1);
            }
            const auto expression = sort_expression(name);
            if (!expression)
                throw detail::bad_query("sort",
                                        "expected some of " + sortable_names() + ", found '" +
                                            std::string(name.substr(0, 80)) + "'");
            if (sort_.size() == 5) throw detail::bad_query("sort", "expected at most 5 fields");
            by_id = by_id || name == "id";
            key.expression = *expression;
            key.type = sort_type(name);
            sort_.push_back(std::move(key));
        }
        if (!by_id) sort_.push_back({"id", !sort_.empty() && sort_.back().descending});
    }

    [[nodiscard]] std::string sortable_names() const {
        std::string out = "id, created_at, updated_at";
        for (const Field& field : resource_.fields()) {
            if (field.is_sortable) out += ", " + field.name;
        }
        return out;
    }

    void read_cursor(std::string_view text) {
        const auto bytes = from_base64url(text);
        const Json parts =
            bytes ? Json::parse(*bytes, nullptr, false) : Json(Json::value_t::discarded);
        bool good = parts.is_array() && parts.size() == sort_.size() + 1;
        for (size_t i = 0; good && i < parts.size(); ++i) good = parts[i].is_string();
        if (!good) {
            // Of another sort it may have another number of keys.
            const bool marked = parts.is_array() && !parts.empty() && parts[0].is_string() &&
                                parts[0].get_ref<const std::string&>().size() == mark_.size();
            throw marked ? detail::cursor_of_another_list() : detail::foreign_cursor();
        }
        if (parts[0].get_ref<const std::string&>() != mark_) throw detail::cursor_of_another_list();
        for (size_t i = 1; i < parts.size(); ++i) {
            std::string value = parts[i].get<std::string>();
            if (!is_sort_value(sort_[i - 1].type, value)) throw detail::foreign_cursor();
            after_.push_back(std::move(value));
        }
    }

    /// Whether PostgreSQL reads it as a value of the type: it writes the same for the sort keys.
    static bool is_sort_value(FieldType type, std::string_view text) {
        switch (type) {
            case FieldType::integer: {
                std::int64_t value = 0;
                const auto [end, fault] =
                    std::from_chars(text.data(), text.data() + text.size(), value);
                return fault == std::errc{} && end == text.data() + text.size();
            }
            case FieldType::number:
                return is_decimal(text);
            case FieldType::boolean:
                return text == "true" || text == "false";
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
        Json parts = Json::array({mark_});
        const size_t first = rows.columns() - sort_.size();
        for (size_t i = 0; i < sort_.size(); ++i)
            parts.push_back(std::string(rows.text(last, first + i)));
        return base64url(dump_json(parts));
    }

    static std::string where(const std::vector<std::string>& conditions) {
        std::string out;
        for (const std::string& condition : conditions)
            out += (out.empty() ? " WHERE " : " AND ") + condition;
        return out;
    }

    /// a >= $1 AND ((a > $1) OR (a = $1 AND b < $2) OR ...): the first part is what an index on `a`
    /// can start at.
    [[nodiscard]] std::string behind_cursor(size_t first_place) const {
        std::string out;
        std::string equal;
        for (size_t i = 0; i < sort_.size(); ++i) {
            const std::string place = "$" + std::to_string(first_place + i);
            out += (out.empty() ? "(" : " OR (") + equal + sort_[i].expression +
                   (sort_[i].descending ? " < " : " > ") + place + ")";
            equal += sort_[i].expression + " = " + place + " AND ";
        }
        if (sort_.size() == 1) return out;
        return sort_[0].expression + (sort_[0].descending ? " <= $" : " >= $") +
               std::to_string(first_place) + " AND (" + out + ")";
    }

    [[nodiscard]] std::string page_sql() const {
        std::vector<std::string> conditions = conditions_;
        if (!after_.empty()) conditions.push_back(behind_cursor(values_.size() + 1));
        std::string keys;
        std::string order;
        for (const SortKey& key : sort_) {
            // Under a name of its own: ORDER BY could not tell it from the column otherwise.
            keys += ", (" + key.expression + ")::text AS ez_sort_" +
                    std::to_string(&key - sort_.data());
            order += (order.empty() ? " ORDER BY " : ", ") + key.expression +
                     (key.descending ? " DESC" : "");
        }
        return "SELECT " + resource_.select_list() + keys + " FROM " + resource_.spec().table +
               where(conditions) + order + " LIMIT " + std::to_string(limit_ + 1);
    }

    [[nodiscard]] std::vector<Param> page_params() const {
        std::vector<Param> out = parameters(values_);
        for (const std::string& value : after_) out.emplace_back(std::string_view(value));
        return out;
    }

    static std::vector<Param> parameters(const std::vector<std::string>& values) {
        std::vector<Param> out;
        out.reserve(values.size());
        for (const std::string& value : values) out.emplace_back(std::string_view(value));
        return out;
    }

    const Resource& resource_;
    std::string mark_;
    std::int64_t limit_ = kDefaultLimit;
    bool wants_total_ = false;
    std::vector<SortKey> sort_;
    std::vector<std::string> conditions_;
    std::vector<std::string> values_;
    std::vector<std::string> after_;
};

}  // namespace ezapi
