#include "reactions.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "ezapi/json.hpp"
#include "selector.hpp"
#include "snapshot.hpp"

namespace ezapi::bindings {

namespace {

using Ids = std::set<std::int64_t>;

/// The entity before or after a change; null when absent. Resources record both for updates.
Json entity(ez_str text) {
    return text.size == 0 ? Json() : Json::parse(view(text));
}

void lock_groups(Tx& tx, const Ids& groups, const char* function) {
    if (groups.empty()) return;
    tx.query(std::string("SELECT ") + function +
                 "(hashtextextended('bindings/' || id, 0)) FROM unnest($1::bigint[]) id",
             {pg_array(groups)});
}

void touch(Tx& tx, const std::set<std::string_view>& names) {
    std::vector<Change> changes;
    changes.reserve(names.size());
    for (const std::string_view name : names)
        changes.push_back({.resource = kProjection, .id = name});
    if (!changes.empty()) tx.changed(changes);
}

void touch_rows(Tx& tx, const Rows& rows) {
    std::set<std::string_view> names;
    for (size_t row = 0; row < rows.size(); ++row) names.insert(rows.text(row, 0));
    touch(tx, names);
}

void touch_groups(Tx& tx, const Ids& groups) {
    if (groups.empty()) return;
    touch_rows(tx,
               tx.query("SELECT DISTINCT name FROM bindings WHERE group_id = ANY($1::bigint[])",
                        {pg_array(groups)}));
}

std::string_view upstream(const Resolution& resolution) {
    return resolution.resolved() ? resolution.model : std::string_view();
}

/// Marks the bindings of a group that resolve to a different model than before.
void touch_resolved_otherwise(Tx& tx, std::int64_t group, const Json& before, const Json& after) {
    Patterns patterns;
    ModelIndex old_models(before.get<std::vector<std::string>>());
    ModelIndex new_models(after.get<std::vector<std::string>>());
    const Rows rows = tx.query(
        "SELECT name, public_model, selector_type, selector_value FROM bindings WHERE group_id = "
        "$1",
        {group});
    std::set<std::string_view> names;
    for (size_t row = 0; row < rows.size(); ++row) {
        const auto selection = selection_of(rows.text(row, 2));
        if (!selection) continue;
        const Selector selector(*selection, rows.text(row, 3), rows.text(row, 1));
        if (upstream(old_models.resolve(selector, patterns)) !=
            upstream(new_models.resolve(selector, patterns)))
            names.insert(rows.text(row, 0));
    }
    touch(tx, names);
}

/// Only updates matter: a group has no bindings when it is created or deleted.
void follow_groups(Tx& tx, Changes changes) {
    Ids touched;
    Ids remodelled;
    std::vector<std::pair<Json, Json>> updates;
    for (const ez_change& change : changes) {
        if (change.action != EZ_UPDATED) continue;
        Json before = entity(change.before);
        Json after = entity(change.after);
        const auto id = after.at("id").get<std::int64_t>();
        if (before.at("status") != after.at("status")) {
            touched.insert(id);
        } else if (before.at("models") != after.at("models")) {
            remodelled.insert(id);
            updates.emplace_back(std::move(before), std::move(after));
        }
    }
    Ids all = touched;
    all.insert(remodelled.begin(), remodelled.end());
    lock_groups(tx, all, "pg_advisory_xact_lock");
    touch_groups(tx, touched);
    for (const auto& [before, after] : updates)
        touch_resolved_otherwise(
            tx, after.at("id").get<std::int64_t>(), before.at("models"), after.at("models"));
}

/// The group that an API key can serve; 0: none.
std::int64_t served_group(const Json& api_key) {
    if (api_key.is_null() || api_key.at("status") != "active") return 0;
    return api_key.at("group_id").get<std::int64_t>();
}

void follow_api_keys(Tx& tx, Changes changes) {
    Ids groups;
    for (const ez_change& change : changes) {
        const std::int64_t before = served_group(entity(change.before));
        const std::int64_t after = served_group(entity(change.after));
        if (before != after) groups.insert({before, after});
    }
    groups.erase(0);
    lock_groups(tx, groups, "pg_advisory_xact_lock");
    touch_groups(tx, groups);
}

void follow_namespaces(Tx& tx, Changes changes) {
    std::vector<std::string> names;
    for (const ez_change& change : changes) {
        if (change.action != EZ_UPDATED) continue;
        const Json after = entity(change.after);
        if (entity(change.before).at("status") != after.at("status"))
            names.push_back(after.at("name"));
    }
    if (names.empty()) return;
    touch_rows(tx,
               tx.query("SELECT DISTINCT name FROM bindings WHERE namespace = ANY($1::text[])",
                        {pg_array(names)}));
}

void share_groups(Tx& tx, Changes changes) {
    Ids groups;
    for (const ez_change& change : changes) {
        const Json after = entity(change.after);
        if (!after.is_null()) groups.insert(after.at("group_id").get<std::int64_t>());
    }
    lock_groups(tx, groups, "pg_advisory_xact_lock_shared");
}

}  // namespace

void follow_changes(Host& host) {
    host.on_change("provider-groups", Phase::derive, follow_groups);
    host.on_change("api-keys", Phase::derive, follow_api_keys);
    host.on_change("namespaces", Phase::derive, follow_namespaces);
    host.on_change("bindings", Phase::derive, share_groups);
}

}  // namespace ezapi::bindings
