#include "key.hpp"

#include "ceiling.hpp"
#include "ezapi/network.hpp"
#include "issuing.hpp"
#include "projection.hpp"

namespace ezapi::keys {

namespace {

constexpr std::int64_t kMost = 1'000'000'000;
constexpr std::int64_t kMostTokens = 1'000'000'000'000'000;

Field counter(std::string name, std::string about) {
    return integer(std::move(name))
        .read_only()
        .live()
        .default_to(0)
        .sortable()
        .about(std::move(about));
}

Field networks(std::string name, std::string about) {
    return texts(std::move(name))
        .length(1, 64)
        .guarded()
        .must(network_fault)
        .kept_as(canonical_network)
        .about(std::move(about));
}

std::vector<Field> key_fields() {
    return fields(
        integer("master_id").read_only().about("Whose token it is"),
        text("name").required().trimmed().length(1, 128).filterable().sortable().searchable().about(
            "A label: tokens of one master may have the same. Upper and lower case differ"),
        text("group").trimmed().length(0, 128).default_to("").guarded().filterable().about(
            "The master's own group, or empty for the same: a token never leaves it"),
        texts("namespaces")
            .length(1, 63)
            .guarded()
            .filterable()
            .about("Some of the master's namespaces; none named: all of the master's"),
        text("default_namespace")
            .trimmed()
            .length(0, 63)
            .default_to("")
            .about("Used where a request names none; empty: the master's"),
        texts("models").guarded().about("Models that it may use; none named: all"),
        texts("models_denied")
            .guarded()
            .about("Models that it may not use, whatever `models` says"),
        networks("ip_allow",
                 "Addresses and networks (CIDR) it may come from; none named: any. A network with "
                 "bits set behind its prefix is refused: 10.1.2.3/8 is either 10.0.0.0/8 or "
                 "10.1.2.3"),
        networks("ip_deny", "Addresses and networks it may not come from, whatever ip_allow says"),
        time("expires_at").nullable().guarded().sortable().about("Null: never"),
        integer("quota_limit")
            .nullable()
            .guarded()
            .range(1, kMostTokens)
            .about("Tokens, in and out, that it may use until the next reset; null: no limit"),
        counter("quota_used", "Tokens used since the last reset"),
        choice("quota_reset", {"none", "daily", "weekly", "monthly"})
            .default_to("none")
            .guarded()
            .filterable()
            .about("At midnight UTC of every day, every Monday, or the first of every month"),
        time("quota_reset_at")
            .nullable()
            .read_only()
            .live()
            .about("The next reset. What is reported later counts in the new period"),
        integer("qps_limit")
            .range(0, kMost)
            .default_to(0)
            .guarded()
            .about("Requests per second, within the master's global_qps; 0: not limited by itself"),
        choice("status", {"active", "suspended", "expired", "exhausted"})
            .default_to("active")
            .guarded()
            .filterable()
            .sortable()
            .about("May be set to active or suspended; expired and exhausted follow from "
                   "expires_at and the quota"),
        choice("suspended_by", {"admin", "master"})
            .nullable()
            .read_only()
            .about("Who suspended it. What an admin suspended, an admin alone can activate or "
                   "delete"),
        object("limits").read_only().about(
            "What an admin set, by field: a ceiling for the master's own values. A token that an "
            "admin limits cannot be deleted by its master"),
        counter("request_count", "Requests ever made"),
        counter("tokens_in", "Tokens ever sent"),
        counter("tokens_out", "Tokens ever received"),
        time("last_used_at").nullable().read_only().live().sortable(),
        integer("epoch").read_only().about("The master's epoch when it was issued or rotated"),
        text("prefix").read_only().searchable().about("The first characters of the token"),
        text("token_hash").hidden());
}

void touch_written(Tx& tx, const Record* before, const Record* after) {
    const auto hash = [](const Record& row) {
        return row.data.at("token_hash").get_ref<const std::string&>();
    };
    tx.touched(kProjection, hash(after != nullptr ? *after : *before));
    if (before == nullptr || after == nullptr) return;
    if (hash(*before) != hash(*after)) tx.touched(kProjection, hash(*before));
    touch_retiring(tx, after->id);
}

void deleting(Tx& tx, const Record& row) {
    if (tx.origin().identity->kind == EZ_MASTER && is_limited(row.data))
        throw Error(EZ_CONFLICT,
                    "keys " + std::to_string(row.id) +
                        ": an admin limits or has suspended it, and a new token would have no "
                        "limits: only an admin can delete it")
            .with_code("locked");
    touch_retiring(tx, row.id);
}

}  // namespace

ResourceSpec key_spec(const Issuing& issuing) {
    return {
        .name = "keys",
        .table = "keys",
        .schema = "Key",
        .fields = key_fields(),
        .reveals = fields(text("token").about("The token, shown this once")),
        .prepare = [&issuing](Tx& tx, Draft& draft) { issuing.prepare(tx, draft); },
        .written = touch_written,
        .deleting = deleting,
    };
}

std::int64_t count_in_namespace(Tx& tx, std::string_view name) {
    return tx
        .query(
            "SELECT count(*) FROM keys "
            "WHERE (namespaces <> '[]' AND namespaces @> jsonb_build_array($1::text)) "
            "OR (default_namespace <> '' AND default_namespace = $1)",
            {name})
        .integer(0, 0);
}

}  // namespace ezapi::keys
