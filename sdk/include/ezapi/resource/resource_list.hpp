// The list of a resource's entities. Its filters, search and sort keys follow from the fields.
#pragma once

#include <string>
#include <utility>

#include "ezapi/resource/list.hpp"
#include "ezapi/resource/resource.hpp"
#include "ezapi/resource/schema.hpp"

namespace ezapi::detail {

/// NULL sorts as the least value.
[[nodiscard]] inline SortKey sort_key(const Field& field, size_t column) {
    const std::string name = selected(field);
    if (!field.is_nullable) return {name, field.type, false, column};
    switch (field.type) {
        case FieldType::time:
            return {"COALESCE(" + name + ", '-infinity')", field.type};
        case FieldType::integer:
        case FieldType::number:
            return {"COALESCE(" + name + ", -9223372036854775808)", field.type};
        default:
            return {"COALESCE(" + name + ", '')", field.type};
    }
}

[[nodiscard]] inline ListPlan list_plan(const Resource& resource) {
    const ResourceSpec& spec = resource.spec();
    const SortKey id{"id", FieldType::integer, false, 0};
    ListPlan plan{.subject = spec.name,
                  .table = spec.table,
                  .columns = resource.select_list(),
                  .fields = spec.fields,
                  .sorts = {{"id", id},
                            {"created_at", {"created_at", FieldType::time, false, 2}},
                            {"updated_at", {"updated_at", FieldType::time, false, 3}}},
                  .order = {id},
                  .is_composed = true};
    size_t column = kCommonColumns;
    for (const Field& field : spec.fields) {
        if (field.is_sortable) plan.sorts.emplace_back(field.name, sort_key(field, column));
        if (field.has_column()) ++column;
        plan.is_searchable = plan.is_searchable || field.is_searchable;
    }
    return plan;
}

[[nodiscard]] inline Operation list_operation(const ResourceSpec& spec, const ListPlan& plan) {
    return list_parameters(cacheable(Operation("Lists " + spec.name)), plan)
        .returns(200, page_schema(schema_ref(spec.schema)))
        .schema(spec.schema, entity_schema(spec));
}

}  // namespace ezapi::detail
