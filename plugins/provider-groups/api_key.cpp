#include "api_key.hpp"

#include <array>

#include "credentials.hpp"
#include "ezapi/base/crypto.hpp"
#include "ezapi/changes.hpp"
#include "group.hpp"
#include "provider_snapshot.hpp"
#include "provider_type.hpp"

namespace ezapi::provider_groups {

namespace {

constexpr size_t kMaxCredential = 16384;  // a service account key has about 2,400 characters
constexpr size_t kReferenceBytes = 16;
constexpr std::array kSecrets{"api_key", "access_token", "refresh_token"};

/// Whether the row will have this credential after the write.
bool holds(const Draft& draft, const char* field) {
    const auto given = draft.secrets.find(field);
    return given != draft.secrets.end() ? !trim(given->second).empty()
                                        : !draft.after.at(field).is_null();
}

void check_ban(Draft& draft) {
    if (draft.after.at("status") != "banned") {
        leave_out(draft, "ban_reason", nullptr, "belongs to status banned");
        leave_out(draft, "ban_until", nullptr, "belongs to status banned");
        return;
    }
    if (draft.after.at("ban_reason").is_null())
        draft.faults.add("ban_reason", "required", "is required by status banned");
    const Json& until = draft.after.at("ban_until");
    if (until.is_null() || !draft.changes("ban_until")) return;
    const auto time = parse_time(until.get_ref<const std::string&>());
    if (time && *time <= now())
        draft.faults.add("ban_until", "range", "expected a time to come, found " + until.dump());
}

/// token_expires_at belongs to the access token that it was sent with.
void check_expiry(Draft& draft) {
    if (!holds(draft, "access_token"))
        return leave_out(draft, "token_expires_at", nullptr, "belongs to an access_token");
    if (draft.secrets.contains("access_token") && !draft.changes("token_expires_at"))
        draft.after["token_expires_at"] = nullptr;
}

struct Destination {
    std::string type;
    std::string base_url;
};

/// Locks the group, so that it is not deleted or redirected meanwhile, and so that writes of equal
/// credentials are serialized.
std::optional<Destination> lock_group(Tx& tx, std::int64_t id) {
    const Rows rows = tx.query(
        "SELECT type, base_url FROM provider_groups WHERE id = $1 FOR NO KEY UPDATE", {id});
    if (rows.empty()) return std::nullopt;
    return Destination{std::string(rows.text(0, 0)), std::string(rows.text(0, 1))};
}

void check_move(Tx& tx, const Draft& draft, const Destination& target) {
    if (draft.creates() || !draft.changes("group_id") || draft.controls.value(kConfirm, false))
        return;
    const Rows from = tx.query("SELECT type, base_url FROM provider_groups WHERE id = $1",
                               {draft.before->at("group_id").get<std::int64_t>()});
    if (from.text(0, 0) == target.type && from.text(0, 1) == target.base_url) return;
    throw Error(EZ_CONFLICT,
                "the new group has another type or base_url, so the stored credentials would be "
                "sent elsewhere: to move the API key, send \"confirm_credentials\": true as well")
        .with_code("confirmation_required")
        .with_field(kConfirm);
}

void check_group_of(Tx& tx, Draft& draft) {
    const auto group = draft.after.at("group_id").get<std::int64_t>();
    const std::optional<Destination> target = lock_group(tx, group);
    if (!target) {
        draft.faults.add(
            "group_id", "dangling", "no such entity in provider-groups: " + std::to_string(group));
        return;
    }
    check_move(tx, draft, *target);
    check_credentials(*find_provider_type(target->type),
                      {.api_key = holds(draft, "api_key"),
                       .access_token = holds(draft, "access_token"),
                       .refresh_token = holds(draft, "refresh_token")},
                      draft.faults);
}

/// The stored credentials. If they cannot be decrypted, the write must replace all of them.
Credentials stored_credentials(const sealing::Keyring& ring, const Draft& draft) {
    if (draft.creates()) return {};
    try {
        return open(ring,
                    draft.before->at("sealed").get_ref<const std::string&>(),
                    draft.before->at("credential_ref").get_ref<const std::string&>());
    } catch (const Error& error) {
        for (const char* field : kSecrets) {
            if (draft.before->at(field).is_null() || draft.secrets.contains(field)) continue;
            throw Error(EZ_CONFLICT,
                        std::string("the stored credentials cannot be decrypted: ") + error.what() +
                            "; send " + field + " as well, or null to remove it")
                .with_code("unreadable")
                .with_field(field);
        }
        return {};
    }
}

void refuse_duplicate(Tx& tx, const Draft& draft, const std::vector<std::string>& fingerprints) {
    const Rows rows = tx.query(
        "SELECT id FROM api_keys WHERE group_id = $1 AND fingerprint = ANY($2::text[]) AND id <> "
        "$3 LIMIT 1",
        {draft.after.at("group_id").get<std::int64_t>(), pg_array(fingerprints), draft.id});
    if (rows.empty()) return;
    throw Error(EZ_CONFLICT,
                "this credential is already held by api-keys " + std::string(rows.text(0, 0)) +
                    " of the same group")
        .with_code("unique")
        .with_field("api_key");
}

void seal_credentials(const sealing::Keyring& ring, Tx& tx, Draft& draft) {
    Credentials credentials = stored_credentials(ring, draft);
    credentials.take(draft.secrets);
    for (const char* field : kSecrets) {
        const auto given = draft.secrets.find(field);
        if (given == draft.secrets.end()) continue;
        const std::string_view secret = trim(given->second);
        draft.after[field] = secret.empty() ? Json() : Json(mask(secret));
    }
    const std::vector<std::string> fingerprints = ring.fingerprints(credentials.lasting());
    refuse_duplicate(tx, draft, fingerprints);
    if (draft.creates()) draft.after["credential_ref"] = random_hex(kReferenceBytes);
    draft.after["sealed"] =
        seal(ring, credentials, draft.after["credential_ref"].get_ref<const std::string&>());
    draft.after["key_id"] = ring.first_id();
    draft.after["fingerprint"] = fingerprints.front();
}

void prepare(const sealing::Keyring& ring, Tx& tx, Draft& draft) {
    if (draft.after.at("weight") == 0) draft.after["weight"] = kDefaultWeight;
    check_ban(draft);
    check_expiry(draft);
    const bool credentials = draft.creates() || !draft.secrets.empty();
    if (credentials || draft.changes("group_id")) check_group_of(tx, draft);
    draft.faults.raise();
    if (credentials || draft.changes("group_id")) seal_credentials(ring, tx, draft);
}

std::vector<Field> api_key_fields() {
    return fields(
        reference("group_id")
            .required()
            .sortable()
            .about("Its provider group; a move to one with another type or base_url must be "
                   "confirmed"),
        text("name").default_to("").trimmed().length(0, 128).filterable().sortable().searchable(),
        text("api_key")
            .nullable()
            .secret()
            .length(0, kMaxCredential)
            .must(credential_fault)
            .about(
                "Static key of the service, or the JSON of a Google service account. Answers show "
                "its first three and last four characters"),
        text("access_token").nullable().secret().length(0, kMaxCredential).must(credential_fault),
        text("refresh_token").nullable().secret().length(0, kMaxCredential).must(credential_fault),
        time("token_expires_at").nullable().sortable().about("When the access token expires"),
        integer("weight")
            .default_to(kDefaultWeight)
            .range(0, 1000000)
            .sortable()
            .about(
                "Share of the traffic among the API keys of the group. 0 is taken as the default, "
                "as clients send it whose numbers cannot be absent: to take an API key out of "
                "service, suspend it"),
        choice("status", {"active", "suspended", "banned"})
            .default_to("active")
            .guarded()
            .filterable()
            .sortable(),
        text("ban_reason")
            .nullable()
            .guarded()
            .trimmed()
            .length(1, 1024)
            .prose()
            .about("Required by status banned"),
        time("ban_until")
            .nullable()
            .guarded()
            .sortable()
            .about("When the ban ends by itself; null: when somebody ends it"),
        boolean(kConfirm).control().about(
            "Must be true to move the API key to a group with another type or base_url"),
        text("sealed").hidden(),
        text("key_id").hidden(),
        text("credential_ref").hidden(),
        text("fingerprint").hidden());
}

}  // namespace

ResourceSpec api_key_spec(const sealing::Keyring& ring) {
    return {
        .name = "api-keys",
        .table = "api_keys",
        .schema = "ApiKey",
        .fields = api_key_fields(),
        .foreigns = {{"api_keys_group_id_fkey", "group_id", "provider-groups"}},
        .prepare = [&ring](Tx& tx, Draft& draft) { prepare(ring, tx, draft); },
        .written =
            [](Tx& tx, const Record* before, const Record* after) {
                if (before == nullptr || after == nullptr || before->data != after->data)
                    tx.touched(kProviders, std::to_string((after != nullptr ? after : before)->id));
            },
    };
}

}  // namespace ezapi::provider_groups
