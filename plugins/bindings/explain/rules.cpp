#include "rules.hpp"

#include <algorithm>

#include "ezapi/time.hpp"

namespace ezapi::bindings {

namespace {

constexpr std::string_view kDefaultGroup = "default";

/// The input of one rule, and where it writes its result.
struct Case {
    const Facts& facts;
    const Routing& routing;
    Rule& rule;

    Verdict by_token(bool good, std::string detail) const {
        rule.resource = "keys";
        rule.id = facts.token->id;
        rule.version = facts.token->version;
        return found(good, std::move(detail));
    }

    Verdict by_master(bool good, std::string detail) const {
        rule.resource = "masters";
        rule.id = facts.master->id;
        rule.version = facts.master->version;
        return found(good, std::move(detail));
    }

    Verdict found(bool good, std::string detail) const {
        rule.detail = std::move(detail);
        return good ? Verdict::pass : Verdict::fail;
    }

    Verdict skip(const char* why) const {
        rule.detail = why;
        return Verdict::skipped;
    }
};

bool lists(const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

Verdict token_known(const Case& at) {
    if (!at.facts.token) return at.found(false, "no such token");
    return at.by_token(true, "the token is known");
}

Verdict token_active(const Case& at) {
    const Key& token = *at.facts.token;
    if (token.cause.empty() || token.own_status != "active")
        return at.by_token(token.status == "active", "its status is " + token.own_status);
    if (at.facts.master && token.cause == "master_suspended")
        return at.by_master(false, "the token is suspended because its master is");
    if (at.facts.master && token.cause == "master_exhausted")
        return at.by_master(
            false, "the token is exhausted because the quota that its master's tokens share is");
    if (at.facts.master && token.cause == "epoch_ended")
        return at.by_master(false,
                            "the token is suspended because tokens of epoch " +
                                std::to_string(token.epoch) + " were revoked; the epoch is " +
                                std::to_string(at.facts.master->epoch));
    return at.by_token(false,
                       "the token is suspended because it has no namespace in common with its "
                       "master");
}

Verdict token_not_expired(const Case& at) {
    const std::int64_t expires = at.facts.token->expires_at;
    if (expires == 0) return at.by_token(true, "it never expires");
    const std::string time = format_time(Timestamp(std::chrono::seconds(expires)));
    return expires > at.facts.question.now ? at.by_token(true, "it expires at " + time)
                                           : at.by_token(false, "it expired at " + time);
}

Verdict within_quota(const Case& at) {
    const Key& token = *at.facts.token;
    if (token.quota_limit < 0) return at.by_token(true, "it has no quota");
    return at.by_token(token.quota_used < token.quota_limit,
                       "it has used " + std::to_string(token.quota_used) + " of " +
                           std::to_string(token.quota_limit) + " tokens");
}

Verdict master_active(const Case& at) {
    if (!at.facts.master) return at.found(false, "its master does not exist");
    return at.by_master(at.facts.master->status == "active",
                        "the master's status is " + at.facts.master->status);
}

Verdict token_epoch(const Case& at) {
    if (!at.facts.master) return at.skip("there is no master");
    return at.by_master(at.facts.token->epoch >= at.facts.master->epoch,
                        "the token is of epoch " + std::to_string(at.facts.token->epoch) +
                            ", its master's is " + std::to_string(at.facts.master->epoch));
}

Verdict ip_not_denied(const Case& at) {
    const std::vector<std::string>& denied = at.facts.token->ip_deny;
    if (denied.empty()) return at.by_token(true, "ip_deny is empty");
    if (!at.facts.question.ip) return at.skip("no ip was given");
    const std::string* network = at.facts.question.ip->in_any(denied);
    return network == nullptr ? at.by_token(true, "the address is not in ip_deny")
                              : at.by_token(false, "ip_deny has " + *network);
}

Verdict ip_allowed(const Case& at) {
    const std::vector<std::string>& allowed = at.facts.token->ip_allow;
    if (allowed.empty()) return at.by_token(true, "ip_allow is empty: any address");
    if (!at.facts.question.ip) return at.skip("no ip was given");
    const std::string* network = at.facts.question.ip->in_any(allowed);
    return network == nullptr ? at.by_token(false, "the address is not in ip_allow")
                              : at.by_token(true, "ip_allow has " + *network);
}

Verdict namespace_allowed(const Case& at) {
    const std::vector<std::string>& allowed = at.facts.token->namespaces;
    if (allowed.empty()) return at.by_token(true, "neither it nor its master is limited");
    const bool good = lists(allowed, at.facts.space);
    return at.by_token(good,
                       "'" + at.facts.space + "' is " + (good ? "" : "not ") +
                           "among the namespaces that it and its master leave");
}

Verdict namespace_active(const Case& at) {
    if (at.facts.space.empty())
        return at.found(false, "the model names no namespace and there is none by default");
    if (!at.facts.name_space) return at.found(false, "no such namespace: '" + at.facts.space + "'");
    at.rule.resource = "namespaces";
    at.rule.id = at.facts.name_space->id;
    at.rule.version = at.facts.name_space->version;
    return at.found(at.facts.name_space->status == "active",
                    "its status is " + at.facts.name_space->status);
}

/// A list may name the model with or without its namespace.
const std::string* listed(const std::vector<std::string>& models, const Facts& facts) {
    const auto found = std::find_if(models.begin(), models.end(), [&](const std::string& item) {
        return item == facts.public_model || item == facts.name();
    });
    return found == models.end() ? nullptr : &*found;
}

Verdict model_allowed(const Case& at) {
    if (at.facts.token->models.empty()) return at.by_token(true, "models is empty: any model");
    const std::string* entry = listed(at.facts.token->models, at.facts);
    return entry == nullptr ? at.by_token(false, "models does not list it")
                            : at.by_token(true, "models lists '" + *entry + "'");
}

Verdict model_not_denied(const Case& at) {
    const std::string* entry = listed(at.facts.token->models_denied, at.facts);
    return entry == nullptr ? at.by_token(true, "models_denied does not list it")
                            : at.by_token(false, "models_denied lists '" + *entry + "'");
}

Verdict binding_active(const Case& at) {
    const std::vector<Candidate>& all = at.facts.bindings.candidates;
    if (all.empty()) return at.found(false, "'" + at.facts.name() + "' has no binding");
    const auto active = std::find_if(all.begin(), all.end(), [](const Candidate& candidate) {
        return candidate.binding.status == "active";
    });
    const Binding& binding = (active == all.end() ? all.front() : *active).binding;
    at.rule.resource = "bindings";
    at.rule.id = binding.id;
    at.rule.version = binding.version;
    if (active == all.end()) return at.found(false, "all of its bindings are suspended");
    if (!at.facts.name_space || at.facts.name_space->status != "active")
        return at.found(false, "its namespace is not active");
    return at.found(true, "it has an active binding");
}

Verdict candidate_usable(const Case& at) {
    if (at.facts.bindings.candidates.empty()) return at.skip("there is no binding");
    return at.found(at.routing.serves(),
                    at.routing.serves()
                        ? "route group '" + at.routing.route_group + "' is served"
                        : "nothing in route group '" + at.routing.route_group + "' can serve");
}

/// A hint for a name that was probably meant as a different, qualified name.
std::string misread(const Facts& facts) {
    if (facts.qualified.empty()) return {};
    const std::string& asked = facts.question.model;
    const std::string read =
        asked.find('.') == std::string::npos
            ? "a name without a dot is of the default namespace" +
                  (facts.space.empty() ? std::string() : " '" + facts.space + "'")
            : "a name is split at its first dot, so that this one is read as model '" +
                  facts.public_model + "' of namespace '" + facts.space + "'";
    return "; " + read + ": ask for '" + facts.qualified + "'";
}

bool is_about_the_name(std::string_view refusal) {
    return refusal == "namespace_not_allowed" || refusal == "namespace_not_active" ||
           refusal == "no_binding";
}

struct Step {
    std::string_view name;
    std::string_view refusal;
    bool of_token;  // not applicable to an unknown token
    Verdict (*judge)(const Case&);
};

constexpr Step kSteps[] = {
    {"token_known", "unknown_token", false, token_known},
    {"token_active", "token_not_active", true, token_active},
    {"token_not_expired", "token_expired", true, token_not_expired},
    {"within_quota", "quota_exhausted", true, within_quota},
    {"master_active", "master_not_active", true, master_active},
    {"token_epoch", "token_revoked", true, token_epoch},
    {"ip_not_denied", "ip_denied", true, ip_not_denied},
    {"ip_allowed", "ip_not_allowed", true, ip_allowed},
    {"namespace_allowed", "namespace_not_allowed", true, namespace_allowed},
    {"namespace_active", "namespace_not_active", false, namespace_active},
    {"model_allowed", "model_not_allowed", true, model_allowed},
    {"model_not_denied", "model_denied", true, model_not_denied},
    {"binding_active", "no_binding", false, binding_active},
    {"candidate_usable", "no_candidate", true, candidate_usable},
};

std::string_view reason_against(const Candidate& candidate, std::string_view route_group) {
    if (candidate.binding.route_group != route_group) return "other_route_group";
    if (candidate.binding.status != "active") return "suspended";
    return candidate.error;
}

}  // namespace

bool Routing::serves() const {
    return std::any_of(
        choices.begin(), choices.end(), [](const Choice& choice) { return choice.reason.empty(); });
}

Routing route(const Facts& facts) {
    Routing out;
    if (!facts.token) return out;
    out.route_group = facts.token->group;
    if (out.route_group.empty() && facts.master) out.route_group = facts.master->group;
    const std::vector<Candidate>& all = facts.bindings.candidates;
    const bool own = std::any_of(all.begin(), all.end(), [&](const Candidate& candidate) {
        return candidate.binding.route_group == out.route_group;
    });
    if (!own) out.route_group = kDefaultGroup;
    for (const Candidate& candidate : all)
        out.choices.push_back({&candidate, reason_against(candidate, out.route_group)});
    return out;
}

std::vector<Rule> judge(const Facts& facts, const Routing& routing) {
    std::vector<Rule> rules;
    for (const Step& step : kSteps) {
        Rule rule{.name = step.name, .refusal = step.refusal};
        const Case at{facts, routing, rule};
        rule.verdict =
            step.of_token && !facts.token ? at.skip("the token is not known") : step.judge(at);
        if (rule.verdict == Verdict::fail && is_about_the_name(rule.refusal))
            rule.detail += misread(facts);
        rules.push_back(std::move(rule));
    }
    return rules;
}

std::string_view refusal(const std::vector<Rule>& rules) {
    const auto failed = std::find_if(
        rules.begin(), rules.end(), [](const Rule& rule) { return rule.verdict == Verdict::fail; });
    return failed == rules.end() ? std::string_view() : failed->refusal;
}

}  // namespace ezapi::bindings
