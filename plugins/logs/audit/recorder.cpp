#include "audit/recorder.hpp"

#include <optional>
#include <string>

#include "audit/redaction.hpp"
#include "ezapi/audit.hpp"
#include "ezapi/json.hpp"

namespace ezapi::logs {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO operation_logs (actor_kind, actor_id, actor, action, resource, resource_id, "
    "before, after, ip, request_id, method, path, request_id_given) "
    "SELECT $2, $3::bigint, $4, action, resource, resource_id, before, after, $5, $6, $7, $8, $9 "
    "FROM json_to_recordset($1) AS change(action text, resource text, resource_id text, "
    "before jsonb, after jsonb)";

void append_state(std::string& out, std::string_view member, ez_str state) {
    out += ",\"" + std::string(member) + "\":";
    out += state.size == 0 ? "null" : without_credentials(view(state));
}

std::optional<std::string_view> unless_empty(ez_str text) {
    if (text.size == 0) return std::nullopt;
    return view(text);
}

}  // namespace

std::string operations_json(Changes changes) {
    std::string out;
    for (const ez_change& change : changes) {
        if (change.action == EZ_TOUCHED) continue;
        out += out.empty() ? "[" : ",";
        out += "{\"action\":\"" + std::string(action_name(change.action)) + "\",\"resource\":";
        append_json_string(out, view(change.resource));
        out += ",\"resource_id\":";
        append_json_string(out, view(change.id));
        append_state(out, "before", change.before);
        append_state(out, "after", change.after);
        out.push_back('}');
    }
    if (!out.empty()) out.push_back(']');
    return out;
}

void record_operations(Tx& tx, Changes changes) {
    const std::string operations = operations_json(changes);
    if (operations.empty()) return;
    const ez_origin origin = tx.origin();
    const ez_identity& actor = *origin.identity;
    tx.query(kInsert,
             {operations,
              actor_kind(actor.kind, origin.method.size != 0),
              actor.id != 0 ? Param(actor.id) : Param(std::nullopt),
              std::string_view(actor.name),
              unless_empty(origin.client_ip),
              unless_empty(origin.request_id),
              unless_empty(origin.method),
              unless_empty(origin.path),
              origin.request_id_is_given != 0});
}

}  // namespace ezapi::logs
