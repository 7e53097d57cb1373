#include "facts.hpp"

#include <set>

#include "ezapi/json.hpp"

namespace ezapi::bindings {

namespace {

constexpr std::int64_t kMostNamespaces = 20;  // that are looked at for the one that was meant

std::vector<std::string> list(ez_str array) {
    return Json::parse(view(array)).get<std::vector<std::string>>();
}

ez_status take_token(void* user, const ez_key* given) noexcept {
    return guard(nullptr, [&] {
        const ez_key key = taken(given, "token");
        TokenFacts& out = static_cast<std::optional<TokenFacts>*>(user)->emplace();
        out.id = key.id;
        out.version = key.version;
        out.master_id = key.master_id;
        out.epoch = key.epoch;
        out.expires_at = key.expires_at;
        out.quota_limit = key.quota_limit;
        out.quota_used = key.quota_used;
        out.status = view(key.status);
        out.own_status = view(key.own_status);
        out.cause = view(key.cause);
        out.group = view(key.group);
        out.default_namespace = view(key.default_namespace);
        out.namespaces = list(key.namespaces);
        out.models = list(key.models);
        out.models_denied = list(key.models_denied);
        out.ip_allow = list(key.ip_allow);
        out.ip_deny = list(key.ip_deny);
    });
}

ez_status take_master(void* user, const ez_master* given) noexcept {
    return guard(nullptr, [&] {
        const ez_master master = taken(given, "master");
        static_cast<std::optional<MasterFacts>*>(user)->emplace(
            MasterFacts{master.id,
                        master.version,
                        master.epoch,
                        std::string(view(master.status)),
                        std::string(view(master.group)),
                        std::string(view(master.default_namespace))});
    });
}

ez_status take_namespace(void* user, const ez_namespace* given) noexcept {
    return guard(nullptr, [&] {
        const ez_namespace found = taken(given, "namespace");
        static_cast<std::optional<NamespaceFacts>*>(user)->emplace(
            NamespaceFacts{found.id, found.version, std::string(view(found.status))});
    });
}

std::string default_namespace(const Facts& facts) {
    if (facts.token && !facts.token->default_namespace.empty())
        return facts.token->default_namespace;
    return facts.master ? facts.master->default_namespace : std::string();
}

/// namespace.public_model, split on the first dot; a name without one is of the default namespace.
void split_model(Facts& facts) {
    const std::string& model = facts.question.model;
    const size_t dot = model.find('.');
    if (dot != std::string::npos) {
        facts.space = model.substr(0, dot);
        facts.public_model = model.substr(dot + 1);
        return;
    }
    facts.public_model = model;
    facts.space = default_namespace(facts);
}

}  // namespace

FactReader::FactReader(const Host& host, const GroupReader& groups)
    : groups_(groups),
      keys_(host.find_optional<ez_keys_v1>("keys/1")),
      masters_(host.find_optional<ez_masters_v1>("masters/1")),
      namespaces_(host.find<ez_namespaces_v1>("namespaces/1")) {}

Facts FactReader::read(Tx& tx, Question question) const {
    if (!keys_ || !masters_)
        throw Error(EZ_CONFLICT,
                    std::string("tokens are not known: the plugin ") +
                        (masters_ ? "keys" : "masters") + " does not run")
            .with_code("plugin_missing");
    Facts facts;
    facts.question = std::move(question);
    read_token(tx, facts);
    split_model(facts);
    facts.name_space = find_namespace(tx, facts.space);
    read_bindings_of(tx, facts);
    if (facts.bindings.candidates.empty()) read_qualified(tx, facts);
    return facts;
}

void FactReader::read_token(Tx& tx, Facts& facts) const {
    auto* token = static_cast<void*>(&facts.token);
    if (facts.question.token_hash.empty()) {
        keys_.call<&ez_keys_v1::find_by_id>(tx.handle(), facts.question.key_id, &take_token, token);
    } else {
        keys_.call<&ez_keys_v1::find_by_hash>(
            tx.handle(), str(facts.question.token_hash), &take_token, token);
    }
    if (!facts.token) return;
    masters_.call<&ez_masters_v1::read>(tx.handle(),
                                        &facts.token->master_id,
                                        size_t{1},
                                        EZ_MASTER_READ,
                                        &take_master,
                                        static_cast<void*>(&facts.master));
}

/// The default namespace first, then the others by name, active ones only. Without a token no
/// namespace is known to be open to the caller, so that none is named.
void FactReader::read_qualified(Tx& tx, Facts& facts) const {
    if (!facts.token) return;
    const std::vector<std::string>& allowed = facts.token->namespaces;
    const std::vector<std::string_view> views(allowed.begin(), allowed.end());
    const Rows rows = tx.query(
        "SELECT DISTINCT b.name, b.namespace, b.namespace <> $4 AS other FROM bindings b WHERE "
        "b.public_model = $1 AND ($2 OR b.namespace = ANY($3::text[])) AND b.status = 'active' "
        "ORDER BY other, b.namespace LIMIT $5",
        {facts.question.model,
         allowed.empty(),
         pg_array(views),
         default_namespace(facts),
         kMostNamespaces});
    for (size_t row = 0; row < rows.size() && facts.qualified.empty(); ++row) {
        const auto found = find_namespace(tx, rows.text(row, 1));
        if (found && found->status == "active") facts.qualified = rows.text(row, 0);
    }
}

std::optional<NamespaceFacts> FactReader::find_namespace(Tx& tx, std::string_view name) const {
    std::optional<NamespaceFacts> out;
    const ez_str wanted = str(name);
    namespaces_.call<&ez_namespaces_v1::read>(
        tx.handle(), &wanted, size_t{1}, &take_namespace, static_cast<void*>(&out));
    return out;
}

void FactReader::read_bindings_of(Tx& tx, Facts& facts) const {
    facts.bindings =
        resolve(tx,
                groups_,
                read_bindings(tx.query(select_bindings() + "WHERE b.name = $1 ORDER BY b.id",
                                       {facts.name()})));
    std::set<std::int64_t> groups;
    for (const Candidate& candidate : facts.bindings.candidates)
        groups.insert(candidate.binding.group_id);
    facts.api_keys = groups_.api_keys(tx, groups);
}

}  // namespace ezapi::bindings
