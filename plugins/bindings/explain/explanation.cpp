#include "explanation.hpp"

#include "ezapi/credential.hpp"
#include "ezapi/resource.hpp"
#include "rules.hpp"

namespace ezapi::bindings {

namespace {

constexpr std::int64_t kMostId = std::numeric_limits<std::int64_t>::max();

std::string address_fault(std::string_view text) {
    return Address::parse(text) ? std::string() : "expected an IPv4 or IPv6 address";
}

const std::vector<Field>& body_fields() {
    static const std::vector<Field> kFields = fields(
        text("token").nullable().secret().length(1, 256).about("The token itself; this or key_id"),
        integer("key_id")
            .nullable()
            .zero_as_null()
            .range(1, kMostId)
            .about("Id of the token; this or token"),
        text("model").required().trimmed().length(1, 320).about(
            "`namespace.public_model`, split at the first dot; a name without a dot is of the "
            "token's default namespace. A public model with a dot of its own has to be asked for "
            "with its namespace"),
        text("ip")
            .nullable()
            .trimmed()
            .must(address_fault)
            .about("Where the call comes from; without it the rules on addresses are left out"));
    return kFields;
}

/// False for an absent member, null, "" and 0.
bool says(const Json& body, std::string_view name) {
    const auto member = body.find(name);
    return member != body.end() && !member->is_null() && *member != "" && *member != 0;
}

Question read_question(const Request& request, std::int64_t now) {
    const Json body = request.object(kEntityLimits);
    Draft draft = read_draft(body_fields(), body);
    const auto token = draft.secrets.find("token");
    const bool by_token = token != draft.secrets.end() && !token->second.empty();
    const auto key = draft.after.find("key_id");
    const bool by_key = key != draft.after.end() && !key->is_null();
    if (by_token && by_key)
        draft.faults.add("key_id", "invalid", "expected token or key_id, found both");
    else if (!says(body, "token") && !says(body, "key_id"))
        draft.faults.add("token", "required", "expected token or key_id, found neither");
    draft.faults.raise();
    Question out;
    if (by_token) {
        out.token_hash = sha256_hex(token->second);
    } else {
        out.key_id = draft.after.at("key_id").get<std::int64_t>();
    }
    out.model = draft.after.at("model").get<std::string>();
    if (const Json& ip = draft.after.at("ip"); !ip.is_null())
        out.ip = Address::parse(ip.get_ref<const std::string&>());
    out.now = now;
    return out;
}

const char* verdict_name(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass:
            return "pass";
        case Verdict::fail:
            return "fail";
        case Verdict::skipped:
            break;
    }
    return "skipped";
}

Json text_or_null(std::string_view text) {
    return text.empty() ? Json() : Json(text);
}

Json rules_json(const std::vector<Rule>& rules) {
    Json out = Json::array();
    for (const Rule& rule : rules) {
        Json entity;
        if (!rule.resource.empty())
            entity = {{"resource", rule.resource}, {"id", rule.id}, {"version", rule.version}};
        out.push_back({{"rule", rule.name},
                       {"verdict", verdict_name(rule.verdict)},
                       {"refusal", rule.refusal},
                       {"entity", std::move(entity)},
                       {"detail", rule.detail}});
    }
    return out;
}

Json upstreams_json(const Facts& facts, const Candidate& candidate) {
    Json out = Json::array();
    for (const UpstreamKey& key : facts.api_keys) {
        if (key.group_id != candidate.binding.group_id) continue;
        out.push_back({{"api_key_id", key.id},
                       {"version", key.version},
                       {"name", key.name},
                       {"weight", key.weight},
                       {"status", key.status},
                       {"serves", key.usable && candidate.error.empty()}});
    }
    return out;
}

Json candidates_json(const Facts& facts, const Routing& routing) {
    Json out = Json::array();
    for (const Choice& choice : routing.choices) {
        const Candidate& candidate = *choice.candidate;
        const Binding& binding = candidate.binding;
        out.push_back({{"binding_id", binding.id},
                       {"binding_version", binding.version},
                       {"group_id", binding.group_id},
                       {"group_version", candidate.group != nullptr ? candidate.group->version : 0},
                       {"group_name", candidate.group != nullptr ? candidate.group->name : ""},
                       {"route_group", binding.route_group},
                       {"weight", binding.weight},
                       {"selector_type", binding.selector_type},
                       {"selector_value", binding.selector_value},
                       {"models_found", candidate.hits},
                       {"upstream_model", text_or_null(candidate.model)},
                       {"serves", choice.reason.empty()},
                       {"reason", text_or_null(choice.reason)},
                       {"upstreams", upstreams_json(facts, candidate)}});
    }
    return out;
}

Json explain(const Facts& facts) {
    const Routing routing = route(facts);
    const std::vector<Rule> rules = judge(facts, routing);
    const std::string_view refused = refusal(rules);
    return {{"decision", refused.empty() ? "allow" : "deny"},
            {"refusal", text_or_null(refused)},
            {"key_id", facts.token ? Json(facts.token->id) : Json()},
            {"namespace", facts.space},
            {"public_model", facts.public_model},
            {"ask_for", text_or_null(facts.qualified)},
            {"route_group", text_or_null(routing.route_group)},
            {"rules", rules_json(rules)},
            {"candidates", candidates_json(facts, routing)}};
}

Json nullable(Json schema) {
    schema["nullable"] = true;
    return schema;
}

Json ask_for_schema() {
    Json schema = nullable(text_schema());
    schema["description"] =
        "The name to ask for, where the one in the question was read otherwise than it was meant";
    return schema;
}

Json rule_schema() {
    return object_schema({{"rule", text_schema()},
                          {"verdict", {{"type", "string"}, {"enum", {"pass", "fail", "skipped"}}}},
                          {"refusal", text_schema()},
                          {"entity",
                           nullable(object_schema({{"resource", text_schema()},
                                                   {"id", integer_schema()},
                                                   {"version", integer_schema()}}))},
                          {"detail", text_schema()}});
}

Json candidate_schema() {
    return object_schema({{"binding_id", integer_schema()},
                          {"binding_version", integer_schema()},
                          {"group_id", integer_schema()},
                          {"group_version", integer_schema()},
                          {"group_name", text_schema()},
                          {"route_group", text_schema()},
                          {"weight", integer_schema()},
                          {"selector_type", text_schema()},
                          {"selector_value", text_schema()},
                          {"models_found", integer_schema()},
                          {"upstream_model", nullable(text_schema())},
                          {"serves", boolean_schema()},
                          {"reason", nullable(text_schema())},
                          {"upstreams",
                           array_schema(object_schema({{"api_key_id", integer_schema()},
                                                       {"version", integer_schema()},
                                                       {"name", text_schema()},
                                                       {"weight", integer_schema()},
                                                       {"status", text_schema()},
                                                       {"serves", boolean_schema()}}))}});
}

Operation describe() {
    return Operation("Explains whether a token may call a model and what serves it")
        .tag("bindings")
        .describe(
            "Judges by what the database holds, in the order in which the data plane applies the "
            "rules. The first rule that fails is the refusal; those behind it are judged all the "
            "same. A name is split at its first dot: `gpt-4.1-mini` is read as model `1-mini` of "
            "namespace `gpt-4`, whatever the default namespace is. Where that is not what was "
            "meant, `ask_for` is the name to use, such as `demo.gpt-4.1-mini`. `serves` tells what "
            "would be used if every rule passed. 409 `plugin_missing` "
            "where the plugins masters and keys do not both run. It changes nothing: sessions of "
            "scope `read` may call it, and Idempotency-Key is refused (400).")
        .body_of("BindingQuestion")
        .schema("BindingQuestion", body_schema(body_fields(), BodyMode::create))
        .schema("BindingRule", rule_schema())
        .schema("BindingCandidate", candidate_schema())
        .schema("BindingExplanation",
                object_schema({{"decision", {{"type", "string"}, {"enum", {"allow", "deny"}}}},
                               {"refusal", nullable(text_schema())},
                               {"key_id", nullable(integer_schema())},
                               {"namespace", text_schema()},
                               {"public_model", text_schema()},
                               {"ask_for", ask_for_schema()},
                               {"route_group", nullable(text_schema())},
                               {"rules", array_schema(schema_ref("BindingRule"))},
                               {"candidates", array_schema(schema_ref("BindingCandidate"))}}))
        .returns(200, "BindingExplanation");
}

}  // namespace

void serve_explanation(Host& host, const FactReader& reader) {
    host.route("POST",
               "/admin/bindings/explain",
               Access::admin,
               describe(),
               {.max_body = kMaxEntityBody, .only_reads = true},
               [&reader, db = host.db()](const Request& request) {
                   const auto now = std::chrono::floor<std::chrono::seconds>(ezapi::now());
                   Question question = read_question(request, now.time_since_epoch().count());
                   // One snapshot, so that everything that is read is consistent.
                   Tx tx = db.begin({.isolation = EZ_REPEATABLE_READ, .read_only = true});
                   return Response::json(explain(reader.read(tx, std::move(question))));
               });
}

}  // namespace ezapi::bindings
