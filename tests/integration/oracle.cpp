#include "tests/integration/oracle.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ezapi::tests {
namespace {

std::set<std::string> set_of(const std::optional<std::string>& array) {
    std::set<std::string> out;
    if (array) {
        for (const auto& item : nlohmann::json::parse(*array)) out.insert(item.get<std::string>());
    }
    return out;
}

}  // namespace

Oracle::Oracle(const std::string& dsn, std::int64_t now) : now_(now) {
    SqlReader sql(dsn);
    read_tokens(sql);
    read_bindings(sql);
    for (const SqlRow& row : sql.query("SELECT name FROM namespaces WHERE status = 'active'"))
        active_namespaces_.insert(*row[0]);
    for (const SqlRow& row : sql.query(
             "SELECT k.group_id, k.id FROM api_keys k JOIN provider_groups g ON g.id = k.group_id "
             "WHERE k.status = 'active' AND g.status = 'active'")) {
        usable_keys_[std::stoll(*row[0])].push_back(std::stoll(*row[1]));
    }
}

void Oracle::read_tokens(SqlReader& sql) {
    for (const SqlRow& row :
         sql.query("SELECT k.id, k.status, k.\"group\", m.status, m.\"group\", "
                   "coalesce(extract(epoch FROM k.expires_at)::bigint, 0), "
                   "coalesce(k.quota_limit, -1), k.quota_used, k.epoch, m.epoch, "
                   "CASE WHEN jsonb_array_length(k.namespaces) > 0 THEN k.namespaces ELSE "
                   "m.namespaces END, k.models, k.models_denied "
                   "FROM keys k JOIN masters m ON m.id = k.master_id")) {
        Token token;
        token.status = *row[1];
        token.group = row[2].value_or("");
        token.master_status = *row[3];
        token.master_group = row[4].value_or("");
        token.expires_at = std::stoll(*row[5]);
        token.quota_limit = std::stoll(*row[6]);
        token.quota_used = std::stoll(*row[7]);
        token.epoch = std::stoll(*row[8]);
        token.master_epoch = std::stoll(*row[9]);
        token.namespaces = set_of(row[10]);
        token.models = set_of(row[11]);
        token.models_denied = set_of(row[12]);
        tokens_[std::stoll(*row[0])] = std::move(token);
    }
}

void Oracle::read_bindings(SqlReader& sql) {
    for (const SqlRow& row : sql.query(R"sql(
        WITH wanted AS (
            SELECT b.id, b.namespace || '.' || b.public_model AS name, b.group_id, b.route_group, b.weight, b.selector_type,
                   b.status = 'active' AND g.status = 'active' AS active, g.models,
                   btrim(CASE WHEN btrim(b.selector_value) = '' THEN b.public_model ELSE b.selector_value END) AS value
            FROM bindings b JOIN provider_groups g ON g.id = b.group_id)
        SELECT w.name, w.group_id, w.route_group, w.weight, w.active, hit.count, hit.one
        FROM wanted w CROSS JOIN LATERAL (
            SELECT count(*) AS count, min(model) AS one FROM jsonb_array_elements_text(w.models) AS model
            WHERE CASE w.selector_type
                  WHEN 'exact' THEN btrim(model) = w.value
                  WHEN 'regex' THEN model ~ w.value
                  ELSE lower(regexp_replace(btrim(model), '^.*/', '')) = lower(regexp_replace(w.value, '^.*/', '')) END) AS hit)sql")) {
        Candidate candidate;
        candidate.group_id = std::stoll(*row[1]);
        candidate.route_group = *row[2];
        candidate.weight = *row[3];
        candidate.active = *row[4] == "t";
        if (*row[5] == "1") candidate.upstream = *row[6];
        bindings_[*row[0]].push_back(std::move(candidate));
    }
}

Decision Oracle::decide(std::int64_t key_id, const std::string& model) const {
    const auto found = tokens_.find(key_id);
    if (found == tokens_.end()) return {"unknown_token", {}};
    const Token& token = found->second;
    // In what the data plane reads, a suspended master and a raised epoch suspend the token itself.
    if (token.status != "active" || token.master_status != "active" ||
        token.epoch < token.master_epoch)
        return {"token_not_active", {}};
    if (token.expires_at != 0 && token.expires_at <= now_) return {"token_expired", {}};
    if (token.quota_limit >= 0 && token.quota_used >= token.quota_limit)
        return {"quota_exhausted", {}};
    const std::string space = model.substr(0, model.find('.'));
    const std::string public_model = model.substr(model.find('.') + 1);
    if (!token.namespaces.empty() && !token.namespaces.contains(space))
        return {"namespace_not_allowed", {}};
    if (!active_namespaces_.contains(space)) return {"namespace_not_active", {}};
    const auto names = [&](const std::set<std::string>& list) {
        return list.contains(public_model) || list.contains(model);
    };
    if (!token.models.empty() && !names(token.models)) return {"model_not_allowed", {}};
    if (names(token.models_denied)) return {"model_denied", {}};
    const auto bound = bindings_.find(model);
    if (bound == bindings_.end()) return {"no_binding", {}};

    const std::string group = !token.group.empty()          ? token.group
                              : !token.master_group.empty() ? token.master_group
                                                            : "default";
    const bool own = std::any_of(bound->second.begin(),
                                 bound->second.end(),
                                 [&](const Candidate& c) { return c.route_group == group; });
    Decision decision;
    for (const Candidate& candidate : bound->second) {
        const auto keys = usable_keys_.find(candidate.group_id);
        if (candidate.route_group != (own ? group : "default") || !candidate.active ||
            candidate.upstream.empty() || keys == usable_keys_.end())
            continue;
        auto& upstreams = decision.candidates[std::to_string(candidate.group_id) + "/" +
                                              candidate.route_group + "/" + candidate.weight];
        for (const std::int64_t key : keys->second)
            upstreams[std::to_string(key)] = candidate.upstream;
    }
    if (decision.candidates.empty()) decision.refusal = "no_candidate";
    return decision;
}

}  // namespace ezapi::tests
