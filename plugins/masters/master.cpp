#include "master.hpp"

#include <set>

#include "ezapi/credential.hpp"
#include "projection.hpp"
#include "quota.hpp"

namespace ezapi::masters {

namespace {

constexpr std::string_view kDefaultGroup = "default";
constexpr std::int64_t kMost = 1'000'000'000;

void check_namespaces(Tx& tx, const NamespaceWatch& namespaces, Draft& draft) {
    const Json& list = draft.after.at("namespaces");
    const auto& fallback = draft.after.at("default_namespace").get_ref<const std::string&>();
    if (!fallback.empty() && !list.empty() &&
        std::find(list.begin(), list.end(), Json(fallback)) == list.end()) {
        draft.faults.add("default_namespace",
                         "exceeds",
                         "'" + fallback + "' is none of the master's namespaces");
    }
    std::set<std::string> names;
    if (draft.changes("namespaces")) names = list.get<std::set<std::string>>();
    if (draft.changes("default_namespace") && !fallback.empty()) names.insert(fallback);
    const std::set<std::string> missing = namespaces.missing(tx, names);
    for (size_t i = 0; i < list.size(); ++i) {
        const auto& name = list[i].get_ref<const std::string&>();
        if (missing.contains(name))
            draft.faults.add(
                "namespaces/" + std::to_string(i), "dangling", "no such namespace: '" + name + "'");
    }
    if (missing.contains(fallback))
        draft.faults.add("default_namespace", "dangling", "no such namespace: '" + fallback + "'");
}

void prepare(Tx& tx, const NamespaceWatch& namespaces, Draft& draft) {
    if (draft.after.at("group") == "") draft.after["group"] = kDefaultGroup;
    check_namespaces(tx, namespaces, draft);
    if (!draft.faults.empty()) return;
    if (!draft.creates()) return follow_limits(tx, draft);
    MasterKey key = issue_key();
    draft.after.update(key.columns);
    draft.reveal = std::move(key.reveal);
}

std::vector<Field> master_fields() {
    std::vector<Field> out = fields(
        text("name").required().trimmed().length(1, 128).filterable().sortable().searchable().about(
            "Unique. Upper and lower case differ"),
        text("group")
            .trimmed()
            .length(0, 128)
            .default_to(kDefaultGroup)
            .guarded()
            .filterable()
            .sortable()
            .about("Route group of the master and its tokens; empty means default"),
        texts("namespaces")
            .length(1, 63)
            .guarded()
            .filterable()
            .about("Namespaces that it may use; none named: all"),
        text("default_namespace")
            .trimmed()
            .length(0, 63)
            .default_to("")
            .about("Used where a request names none; one of its namespaces; empty: none"),
        integer("max_child_keys")
            .range(0, kMost)
            .default_to(0)
            .guarded()
            .about("How many tokens it may have; 0: no limit"),
        integer("global_qps")
            .range(0, kMost)
            .default_to(0)
            .guarded()
            .about("Requests per second of all its tokens together; 0: not limited"),
        choice("status", {"active", "suspended"})
            .default_to("active")
            .guarded()
            .filterable()
            .sortable()
            .about("A suspended master and all of its tokens are refused"),
        integer("epoch").read_only().default_to(1).about(
            "Tokens issued under an earlier epoch have ended"),
        object("metadata")
            .about("Anything the operator wants to keep with it; the tenant sees it in /v1/self"),
        text("prefix").read_only().about("The first characters of its key"),
        text("key_hash").hidden());
    for (Field& field : quota_fields()) out.push_back(std::move(field));
    return out;
}

void written(Tx& tx, const Record* before, const Record* after) {
    tx.touched(kProjection, std::to_string((after != nullptr ? after : before)->id));
    if (before == nullptr) begin_quota(tx, *after);
}

}  // namespace

MasterKey issue_key() {
    const std::string key = credential::issue(kKeyPrefix);
    return {{{"key_hash", sha256_hex(key)}, {"prefix", key.substr(0, credential::kShown)}},
            {{"master_key", key}}};
}

ResourceSpec master_spec(const NamespaceWatch& namespaces) {
    return {
        .name = "masters",
        .table = "masters",
        .schema = "Master",
        .fields = master_fields(),
        .uniques = {{"masters_name_key", {"name"}}},
        .reveals = fields(text("master_key").about("Its key, shown this once")),
        .prepare = [&namespaces](Tx& tx, Draft& draft) { prepare(tx, namespaces, draft); },
        .written = written,
    };
}

std::int64_t count_in_namespace(Tx& tx, std::string_view name) {
    return tx
        .query(
            "SELECT count(*) FROM masters WHERE namespaces @> jsonb_build_array($1::text) "
            "OR (default_namespace <> '' AND default_namespace = $1)",
            {name})
        .integer(0, 0);
}

}  // namespace ezapi::masters
