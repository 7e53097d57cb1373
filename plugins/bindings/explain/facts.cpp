#include "facts.hpp"

#include <set>

#include "ezapi/json.hpp"

namespace ezapi::bindings {

namespace {

constexpr std::int64_t kMostNamespaces = 20;  // examined to suggest a qualified name

std::string default_namespace(const Facts& facts) {
    if (facts.token && !facts.token->default_namespace.empty())
        return facts.token->default_namespace;
    return facts.master ? facts.master->default_namespace : std::string();
}

/// Splits namespace.public_model at the first dot; a name without a dot is in the default
/// namespace.
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

FactReader::FactReader(const Host& host, const ProviderGroups& groups)
    : groups_(groups), keys_(host), masters_(host), namespaces_(host) {}

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
    facts.name_space = namespaces_.find(tx, facts.space);
    read_bindings_of(tx, facts);
    if (facts.bindings.candidates.empty()) read_qualified(tx, facts);
    return facts;
}

void FactReader::read_token(Tx& tx, Facts& facts) const {
    const Question& question = facts.question;
    facts.token = question.token_hash.empty() ? keys_.find(tx, question.key_id)
                                              : keys_.find(tx, question.token_hash);
    if (facts.token) facts.master = masters_.find(tx, facts.token->master_id);
}

/// Tries the default namespace first, then the others by name, active ones only. Without a token it
/// is unknown which namespaces the caller may use, so none is suggested.
void FactReader::read_qualified(Tx& tx, Facts& facts) const {
    if (!facts.token) return;
    const std::vector<std::string>& allowed = facts.token->namespaces;
    const Rows rows = tx.query(
        "SELECT DISTINCT b.name, b.namespace, b.namespace <> $4 AS other FROM bindings b WHERE "
        "b.public_model = $1 AND ($2 OR b.namespace = ANY($3::text[])) AND b.status = 'active' "
        "ORDER BY other, b.namespace LIMIT $5",
        {facts.question.model,
         allowed.empty(),
         pg_array(allowed),
         default_namespace(facts),
         kMostNamespaces});
    for (size_t row = 0; row < rows.size() && facts.qualified.empty(); ++row) {
        const auto found = namespaces_.find(tx, rows.text(row, 1));
        if (found && found->status == "active") facts.qualified = rows.text(row, 0);
    }
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
    facts.api_keys = groups_.keys(tx, groups);
}

}  // namespace ezapi::bindings
