#include "snapshot.hpp"

#include <algorithm>
#include <set>

#include "ezapi/json.hpp"

namespace ezapi::bindings {

namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out += name;
    append_json_string(out, text);
}

void append_upstreams(std::string& out, const Candidate& candidate) {
    out += ",\"upstreams\":{";
    if (candidate.error.empty()) {
        std::string model;
        append_json_string(model, candidate.model);
        for (const std::int64_t key : candidate.group->usable_keys) {
            if (out.back() != '{') out.push_back(',');
            out += "\"" + std::to_string(key) + "\":" + model;
        }
    }
    out.push_back('}');
}

void append_candidate(std::string& out, const Candidate& candidate) {
    const Binding& binding = candidate.binding;
    out += "{\"group_id\":" + std::to_string(binding.group_id);
    append_member(out, ",\"route_group\":", binding.route_group);
    if (binding.weight != 0) out += ",\"weight\":" + std::to_string(binding.weight);
    append_member(out, ",\"selector_type\":", binding.selector_type);
    append_member(out, ",\"selector_value\":", binding.selector_value);
    append_member(out, ",\"status\":", binding.status);
    if (!candidate.error.empty()) append_member(out, ",\"error\":", candidate.error);
    append_upstreams(out, candidate);
    out.push_back('}');
}

/// The candidates of one public model must be adjacent.
void emit(Tx& tx,
          const ProviderGroups& groups,
          const NamespaceWatch& namespaces,
          const Rows& rows,
          ProjectionSink& sink) {
    const Resolved resolved = resolve(tx, groups, read_bindings(rows));
    std::set<std::string> spaces;
    for (const Candidate& candidate : resolved.candidates) spaces.insert(candidate.binding.space);
    const std::set<std::string> suspended = namespaces.suspended(tx, spaces);
    for (auto first = resolved.candidates.begin(); first != resolved.candidates.end();) {
        const auto last =
            std::find_if(first, resolved.candidates.end(), [&](const Candidate& candidate) {
                return candidate.binding.name != first->binding.name;
            });
        sink.value(first->binding.name,
                   snapshot_json({first, last}, suspended.contains(first->binding.space)));
        first = last;
    }
}

}  // namespace

std::string snapshot_json(std::span<const Candidate> candidates, bool namespace_suspended) {
    const Binding& any = candidates.front().binding;
    bool active = false;
    std::int64_t updated_at = 0;
    for (const Candidate& candidate : candidates) {
        active = active || candidate.binding.status == "active";
        updated_at = std::max(updated_at, candidate.binding.updated_at);
    }
    std::string out;
    append_member(out, "{\"namespace\":", any.space);
    append_member(out, ",\"public_model\":", any.public_model);
    append_member(out, ",\"status\":", active && !namespace_suspended ? "active" : "suspended");
    out += ",\"updated_at\":" + std::to_string(updated_at) + ",\"candidates\":[";
    for (const Candidate& candidate : candidates) {
        if (out.back() != '[') out.push_back(',');
        append_candidate(out, candidate);
    }
    out += "]}";
    return out;
}

Projection projection(const ProviderGroups& groups, const NamespaceWatch& namespaces) {
    return {
        std::string(kProjection),
        Layout::field,
        [&](Tx& tx, std::span<const std::string_view> ids, ProjectionSink& sink) {
            const Rows rows =
                tx.query(select_bindings() + "WHERE b.name = ANY($1::text[]) ORDER BY b.name, b.id",
                         {pg_array(ids)});
            emit(tx, groups, namespaces, rows, sink);
        },
        [&](Tx& tx, std::string_view after, size_t limit, ProjectionSink& sink) {
            const Rows rows = tx.query(
                select_bindings() +
                    "JOIN (SELECT DISTINCT name FROM bindings WHERE name > $1 ORDER BY name LIMIT "
                    "$2) page ON page.name = b.name ORDER BY b.name, b.id",
                {after, limit});
            emit(tx, groups, namespaces, rows, sink);
        },
    };
}

}  // namespace ezapi::bindings
