#include "group.hpp"

#include <algorithm>

#include "provider_snapshot.hpp"
#include "provider_type.hpp"
#include "upstream_url.hpp"

namespace ezapi::provider_groups {

namespace {

std::vector<std::string> type_names() {
    std::vector<std::string> out;
    for (const ProviderType& type : provider_types()) out.emplace_back(type.name);
    return out;
}

/// Project and location become path segments of the data plane's requests.
std::string google_fault(std::string_view text) {
    const bool good = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
    });
    return good ? std::string() : "expected a-z, 0-9, '-', '.' and ':'";
}

std::string keys_text(std::int64_t count) {
    return std::to_string(count) + (count == 1 ? " API key" : " API keys");
}

/// The number of the group's API keys without a credential of the kind that the type requires.
std::int64_t unfit_keys(Tx& tx, std::int64_t group, const ProviderType& type) {
    const Rows rows = tx.query(
        "SELECT count(*) FROM api_keys WHERE group_id = $1 AND NOT CASE $2 "
        "WHEN 'api_key' THEN api_key IS NOT NULL AND access_token IS NULL AND refresh_token IS "
        "NULL "
        "WHEN 'tokens' THEN api_key IS NULL AND (access_token IS NOT NULL OR refresh_token IS NOT "
        "NULL) "
        "ELSE true END",
        {group,
         type.takes == Takes::api_key  ? "api_key"
         : type.takes == Takes::tokens ? "tokens"
                                       : "either"});
    return rows.integer(0, 0);
}

/// The row is locked here and by every creation of an API key, so the count stays valid.
void check_destination(Tx& tx, Draft& draft, std::int64_t id) {
    const bool type_changes = draft.changes("type");
    if (!type_changes && !draft.changes("base_url")) return;
    const std::int64_t keys =
        tx.query("SELECT count(*) FROM api_keys WHERE group_id = $1", {id}).integer(0, 0);
    if (keys == 0) return;
    if (!draft.controls.value(kConfirm, false)) {
        throw Error(EZ_CONFLICT,
                    "type and base_url decide where the credentials of " + keys_text(keys) +
                        " are sent: to change them, send \"confirm_credentials\": true as well")
            .with_code("confirmation_required")
            .with_field(kConfirm);
    }
    if (!type_changes) return;
    const ProviderType* type =
        find_provider_type(draft.after.at("type").get_ref<const std::string&>());
    const std::int64_t unfit = unfit_keys(tx, id, *type);
    if (unfit > 0) {
        throw Error(EZ_CONFLICT,
                    keys_text(unfit) + " of the group hold credentials that type " +
                        std::string(type->name) + " does not take: move or delete them first")
            .with_code("credentials_unfit")
            .with_field("type");
    }
}

void touch_keys(Tx& tx, std::int64_t group) {
    const Rows rows = tx.query("SELECT id::text FROM api_keys WHERE group_id = $1", {group});
    std::vector<Change> changes;
    changes.reserve(rows.size());
    for (size_t row = 0; row < rows.size(); ++row)
        changes.push_back({.resource = kProviders, .id = rows.text(row, 0)});
    if (!changes.empty()) tx.changed(changes);
}

std::vector<Field> group_fields() {
    return fields(
        text("name").required().trimmed().length(1, 128).filterable().sortable().searchable().about(
            "Providers appear in the data plane as `<name>#<API key id>`"),
        choice("type", type_names())
            .required()
            .trimmed()
            .lower_case()
            .filterable()
            .sortable()
            .about("In any case; kept in lower case. What each type requires:\n\n" +
                   provider_types_text()),
        text("base_url")
            .default_to("")
            .trimmed()
            .length(0, kMaxUrl)
            .searchable()
            .about("`https://` or `http://`, host, optional port and path; no user information, "
                   "query or "
                   "fragment. Kept without a slash at the end. Empty: the service's own address"),
        text("google_project")
            .default_to("")
            .trimmed()
            .length(0, 128)
            .must(google_fault)
            .about("Google Cloud project, for the types that use one"),
        text("google_location")
            .default_to("")
            .trimmed()
            .length(0, 63)
            .must(google_fault)
            .about("Google Cloud location; `global` by default for the Vertex types"),
        texts("models").items(10000).about("Names of the models as the upstream knows them"),
        choice("status", {"active", "suspended"})
            .default_to("active")
            .guarded()
            .filterable()
            .sortable()
            .about("`suspended` takes all of its API keys out of service"),
        boolean("auto_ban")
            .default_to(true)
            .guarded()
            .about("Whether the data plane may take a failing API key out of service"),
        boolean(kConfirm).control().about(
            "Must be true to change `type` or `base_url` of a group that has API keys: their "
            "credentials are sent to the new address from then on"));
}

}  // namespace

ResourceSpec group_spec() {
    return {
        .name = "provider-groups",
        .table = "provider_groups",
        .schema = "ProviderGroup",
        .fields = group_fields(),
        .uniques = {{"provider_groups_name_key", {"name"}}},
        .prepare =
            [](Tx& tx, Draft& draft) {
                check_group(draft);
                draft.faults.raise();
                if (!draft.creates()) check_destination(tx, draft, draft.id);
            },
        .written =
            [](Tx& tx, const Record* before, const Record* after) {
                if (before != nullptr && after != nullptr && before->data != after->data)
                    touch_keys(tx, after->id);
            },
    };
}

}  // namespace ezapi::provider_groups
