#include "projection.hpp"

#include <charconv>

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

/// A PostgreSQL bigint[] literal. Texts that are not an id, such as 01, name no master and are
/// dropped.
std::string id_array(std::span<const std::string_view> ids) {
    std::string out = "{";
    for (const std::string_view id : ids) {
        std::int64_t number = 0;
        const auto [end, fault] = std::from_chars(id.data(), id.data() + id.size(), number);
        if (fault != std::errc{} || end != id.data() + id.size() || std::to_string(number) != id)
            continue;
        if (out.size() > 1) out.push_back(',');
        out += std::to_string(number);
    }
    return out + "}";
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
                emit(tx.query(kByIds, {id_array(ids)}), sink);
            },
            [](Tx& tx, std::string_view after, size_t limit, ProjectionSink& sink) {
                emit(tx.query(kPage, {after, limit}), sink);
            }};
}

}  // namespace ezapi::masters
