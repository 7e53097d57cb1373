#include "projection.hpp"

#include "ezapi/base/pg_array.hpp"

namespace ezapi::masters {

namespace {

constexpr const char* kByIds =
    "SELECT id, name, \"group\", status, namespaces, default_namespace, global_qps, epoch "
    "FROM masters WHERE id = ANY($1::bigint[])";
constexpr const char* kPage =
    "SELECT id, name, \"group\", status, namespaces, default_namespace, global_qps, epoch "
    "FROM masters WHERE (id::text COLLATE \"C\") > $1 ORDER BY (id::text COLLATE \"C\") LIMIT $2";

void emit(const Rows& rows, ProjectionSink& sink) {
    for (size_t row = 0; row < rows.size(); ++row) {
        sink.hash(rows.text(row, 0),
                  hash_fields({.id = rows.text(row, 0),
                               .name = rows.text(row, 1),
                               .group = rows.text(row, 2),
                               .status = rows.text(row, 3),
                               .namespaces = rows.text(row, 4),
                               .default_namespace = rows.text(row, 5),
                               .global_qps = rows.text(row, 6),
                               .epoch = rows.text(row, 7)}));
    }
}

}  // namespace

ProjectionSink::Fields hash_fields(const MasterState& master) {
    ProjectionSink::Fields out;
    const auto add = [&out](const char* name, std::string_view text, std::string_view open) {
        if (text != open) out.emplace_back(name, text);
    };
    add("id", master.id, {});
    add("name", master.name, {});
    add("group", master.group, {});
    add("status", master.status, {});
    add("namespaces", master.namespaces, "[]");
    add("default_namespace", master.default_namespace, {});
    add("global_qps", master.global_qps, "0");
    add("epoch", master.epoch, {});
    return out;
}

Projection projection() {
    return {std::string(kProjection),
            Layout::hash,
            [](Tx& tx, std::span<const std::string_view> ids, ProjectionSink& sink) {
                emit(tx.query(kByIds, {pg_ids(ids)}), sink);
            },
            [](Tx& tx, std::string_view after, size_t limit, ProjectionSink& sink) {
                emit(tx.query(kPage, {after, limit}), sink);
            }};
}

}  // namespace ezapi::masters
