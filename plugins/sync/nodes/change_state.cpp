#include "nodes/change_state.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/openapi.hpp"
#include "ezapi/time.hpp"

namespace ezapi::sync {
namespace {

/// How old the list of the nodes may be.
constexpr std::chrono::seconds kRecent{5};

/// An entity without a row has been forgotten: its deletion reached Redis long ago.
constexpr std::string_view kChange =
    "SELECT change.recorded_at, noted.resource, noted.key, noted.revision,"
    "  CASE WHEN coalesce(entity.pushed_revision >= noted.revision, true) THEN 'applied'"
    "    WHEN entity.state = 'dead' THEN 'dead' ELSE 'pending' END "
    "FROM sync_changes AS change LEFT JOIN LATERAL"
    "  unnest(change.resources, change.keys, change.revisions) AS noted(resource, key, revision)"
    "  ON true LEFT JOIN sync_entities AS entity USING (resource, key) "
    "WHERE change.revision = $1 ORDER BY noted.resource, noted.key";

Json nullable_text() {
    Json out = text_schema();
    out["nullable"] = true;
    return out;
}

/// The worst of its entities decides.
std::string_view worse(std::string_view a, std::string_view b) {
    for (const std::string_view state : {"dead", "pending"}) {
        if (a == state || b == state) return state;
    }
    return "applied";
}

/// Null: without Redis nothing is known of them. What has not reached Redis has reached no node,
/// however far the watermark is: it passes over what is dead.
Json nodes_at(NodeReports& reports,
              std::int64_t revision,
              std::string_view in_redis,
              const Rows& entities) {
    std::vector<std::pair<Entity, std::int64_t>> noted;
    for (size_t row = 0; row < entities.size() && !entities.is_null(row, 1); ++row) {
        noted.emplace_back(
            Entity{std::string(entities.text(row, 1)), std::string(entities.text(row, 2))},
            entities.integer(row, 3));
    }
    Json out = Json::array();
    const ez_status status = guard(nullptr, [&] {
        for (const NodeReport& entry : reports.read(kRecent)) {
            NodeState state = state_of(entry.node, revision, noted);
            if (state.state == "applied" && in_redis != "applied") state.state = "pending";
            out.push_back({{"node", entry.node.id},
                           {"state", state.state},
                           {"reason", state.reason.empty() ? Json(nullptr) : Json(state.reason)}});
        }
    });
    return status == EZ_OK ? out : Json(nullptr);
}

}  // namespace

Json change_json(const Db& db, NodeReports& reports, std::int64_t revision) {
    const Rows rows = db.query(kChange, {revision});
    if (rows.empty())
        throw Error(EZ_NOT_FOUND,
                    "change " + std::to_string(revision) + ": not known, or not any more");
    std::string_view state = "applied";
    Json resources = Json::array();
    for (size_t row = 0; row < rows.size() && !rows.is_null(row, 1); ++row) {
        state = worse(state, rows.text(row, 4));
        resources.push_back({{"resource", rows.text(row, 1)},
                             {"key", rows.text(row, 2)},
                             {"revision", rows.integer(row, 3)},
                             {"state", rows.text(row, 4)}});
    }
    return {{"revision", revision},
            {"state", state},
            {"recorded_at", format_time(*rows.time(0, 0))},
            {"resources", std::move(resources)},
            {"nodes", nodes_at(reports, revision, state, rows)}};
}

Json state_schema() {
    return {{"type", "string"}, {"enum", {"pending", "applied", "dead"}}};
}

Json change_schema() {
    Json nodes = array_schema(object_schema(
        {{"node", text_schema()},
         {"state", {{"type", "string"}, {"enum", {"applied", "pending", "rejected"}}}},
         {"reason", nullable_text()}}));
    nodes["nullable"] = true;
    nodes["description"] = "Null: Redis could not be asked";
    return object_schema({{"revision", integer_schema()},
                          {"state", state_schema()},
                          {"recorded_at", time_schema()},
                          {"resources",
                           array_schema(object_schema({{"resource", text_schema()},
                                                       {"key", text_schema()},
                                                       {"revision", integer_schema()},
                                                       {"state", state_schema()}}))},
                          {"nodes", std::move(nodes)}});
}

}  // namespace ezapi::sync
