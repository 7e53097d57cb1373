// A list of rows that are not entities: an outbox, an operation log, deliveries. Newest first by
// `id`, or by a time and then `id`, with keyset paging. Filters: equality of filterable fields,
// filters of the feed, and a range of time.
//
//     const Feed feed({.table = "operation_logs", .schema = "OperationLog",
//                      .fields = fields(text("actor").filterable(), time("created_at")),
//                      .range = "created_at"});
//     host.get("/admin/operation-logs", Access::admin, feed.operation("Lists what was done"),
//              [feed, db](const Request& request) { return feed.page(db, request); });
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/resource/list.hpp"
#include "ezapi/resource/schema.hpp"

namespace ezapi {

struct FeedSpec {
    std::string table;  // has a column `id bigint` and one for each field
    std::string schema;
    std::vector<Field> fields;
    std::string range = {};  // a time column; `from` (inclusive) and `to` (exclusive) apply to it
    std::string where = {};  // SQL condition for the rows that belong to the list
    std::string order = {};  // a timestamptz field to order by before `id`
    std::vector<ListFilter> filters = {};
};

class Feed {
public:
    explicit Feed(FeedSpec spec) : schema_(std::move(spec.schema)), plan_(plan_of(spec)) {}

    /// Describes the route of the list, with its query parameters and schema.
    [[nodiscard]] Operation operation(std::string_view summary) const {
        Operation out = detail::list_parameters(Operation(summary), plan_);
        Json properties{{"id", integer_schema()}};
        for (const Field& field : plan_.fields)
            properties[field.name] = detail::answer_schema(field);
        return std::move(out)
            .returns(200, detail::page_schema(schema_ref(schema_)))
            .schema(schema_, object_schema(std::move(properties)));
    }

    /// `source` is a Db or a Tx. `within` fixes one field for all rows.
    template <class Source>
    [[nodiscard]] Response page(Source& source,
                                const Request& request,
                                const Within* within = nullptr) const {
        return detail::ListQuery(plan_, request, within)
            .run(source, [this](std::string& body, const Rows& rows, size_t row) {
                append(body, rows, row);
            });
    }

    /// The row with this id as JSON text; nullopt when there is none.
    [[nodiscard]] std::optional<std::string> one(const Db& db, std::int64_t id) const {
        const std::string scope = plan_.where.empty() ? "" : "(" + plan_.where + ") AND ";
        const Rows rows = db.query(
            "SELECT " + plan_.columns + " FROM " + plan_.table + " WHERE " + scope + "id = $1",
            {id});
        if (rows.empty()) return std::nullopt;
        std::string out;
        append(out, rows, 0);
        return out;
    }

private:
    static detail::ListPlan plan_of(FeedSpec& spec) {
        detail::ListPlan plan{.subject = "this list",
                              .table = std::move(spec.table),
                              .columns = "id",
                              .fields = std::move(spec.fields),
                              .filters = std::move(spec.filters),
                              .where = std::move(spec.where),
                              .range = std::move(spec.range),
                              .order = {}};
        for (size_t i = 0; i < plan.fields.size(); ++i) {
            const std::string column = detail::column_name(plan.fields[i].name);
            plan.columns += ", " + column;
            if (plan.fields[i].name == spec.order)
                plan.order.push_back({column, FieldType::time, true, i + 1});
        }
        plan.order.push_back({"id", FieldType::integer, true, 0});
        return plan;
    }

    void append(std::string& out, const Rows& rows, size_t row) const {
        out += "{\"id\":";
        out += rows.text(row, 0);
        size_t column = 1;
        for (const Field& field : plan_.fields) {
            out += ",\"" + field.name + "\":";
            detail::append_cell(out, field.type, rows.cell(row, column++));
        }
        out.push_back('}');
    }

    std::string schema_;
    detail::ListPlan plan_;
};

}  // namespace ezapi
