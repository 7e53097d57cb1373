#include "audit/gaps.hpp"

#include "ezapi/changes.hpp"
#include "ezapi/json.hpp"
#include "ezapi/openapi.hpp"

namespace ezapi::logs {
namespace {

constexpr size_t kBatch = 100;

constexpr std::string_view kColumns =
    "g.id, g.created_at, g.revision, g.instance, g.actor_kind, g.actor, g.ip, g.request_id, "
    "g.method, g.path, g.changes, g.total";

Json text_or_null(const Rows& rows, size_t row, size_t column) {
    return rows.is_null(row, column) ? Json() : Json(std::string(rows.text(row, column)));
}

Json gap_at(const Rows& rows, size_t row) {
    return {{"id", rows.integer(row, 0)},
            {"at", format_time(*rows.time(row, 1))},
            {"revision", rows.is_null(row, 2) ? Json() : Json(rows.integer(row, 2))},
            {"instance", std::string(rows.text(row, 3))},
            {"actor_kind", std::string(rows.text(row, 4))},
            {"actor", std::string(rows.text(row, 5))},
            {"ip", text_or_null(rows, row, 6)},
            {"request_id", text_or_null(rows, row, 7)},
            {"method", text_or_null(rows, row, 8)},
            {"path", text_or_null(rows, row, 9)},
            {"changes", Json::parse(rows.text(row, 10))},
            {"total", rows.integer(row, 11)}};
}

Json nullable(Json schema) {
    schema["nullable"] = true;
    return schema;
}

}  // namespace

Gaps gaps_after(Tx& tx, std::int64_t after) {
    Gaps out;
    out.total =
        tx.query("SELECT count(*) FROM ez_unaudited_changes WHERE id > $1", {after}).integer(0, 0);
    if (out.total == 0) return out;
    const Rows rows = tx.query("SELECT " + std::string(kColumns) +
                                   " FROM ez_unaudited_changes g WHERE g.id > $1 ORDER BY g.id "
                                   "LIMIT $2",
                               {after, kNamedGaps});
    for (size_t row = 0; row < rows.size(); ++row) out.data.push_back(gap_at(rows, row));
    return out;
}

std::optional<std::int64_t> lost_gap(Tx& tx) {
    const Rows rows = tx.query(
        "SELECT min(o.id) FROM operation_logs o WHERE o.resource = $1 AND NOT EXISTS ("
        "SELECT 1 FROM ez_unaudited_changes g WHERE g.id::text = o.resource_id AND o.after = "
        "jsonb_build_object('id', g.id, 'at', to_char(g.created_at AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), 'revision', g.revision, 'instance', g.instance, "
        "'actor_kind', g.actor_kind, 'actor', g.actor, 'ip', g.ip, 'request_id', g.request_id, "
        "'method', g.method, 'path', g.path, 'changes', g.changes, 'total', g.total))",
        {kGapResource});
    if (rows.is_null(0, 0)) return std::nullopt;
    return rows.integer(0, 0);
}

void take_over_gaps(const Db& db, const Run& run) {
    while (!run.stopping()) {
        Tx tx = db.begin();
        const Rows rows = tx.query(
            "SELECT " + std::string(kColumns) +
                " FROM ez_unaudited_changes g WHERE NOT EXISTS (SELECT 1 FROM operation_logs o "
                "WHERE o.resource = $1 AND o.resource_id = g.id::text) ORDER BY g.id LIMIT $2",
            {kGapResource, kBatch});
        if (rows.empty()) return;
        for (size_t row = 0; row < rows.size(); ++row) {
            const std::string after = dump_json(gap_at(rows, row));
            tx.changed({.resource = kGapResource,
                        .id = rows.text(row, 0),
                        .action = EZ_CREATED,
                        .before = {},
                        .after = after});
        }
        tx.commit();
        if (rows.size() < kBatch) return;
    }
}

Json gaps_schema() {
    const Json text = text_schema();
    const Json change = object_schema({{"action", text}, {"resource", text}, {"id", text}});
    const Json gap = object_schema({{"id", integer_schema()},
                                    {"at", time_schema()},
                                    {"revision", nullable(integer_schema())},
                                    {"instance", text},
                                    {"actor_kind", text},
                                    {"actor", text},
                                    {"ip", nullable(text)},
                                    {"request_id", nullable(text)},
                                    {"method", nullable(text)},
                                    {"path", nullable(text)},
                                    {"changes", {{"type", "array"}, {"items", change}}},
                                    {"total", integer_schema()}});
    return object_schema(
        {{"total", integer_schema()}, {"data", {{"type", "array"}, {"items", gap}}}});
}

}  // namespace ezapi::logs
