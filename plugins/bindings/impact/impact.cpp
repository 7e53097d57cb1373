#include "impact.hpp"

#include <algorithm>
#include <chrono>

#include "audience.hpp"
#include "ezapi/resource.hpp"

namespace ezapi::bindings {

namespace {

constexpr std::chrono::seconds kStatementTimeout{20};

/// The effect of losing one API key.
struct Damage {
    std::vector<Loss> losses;
    bool complete = true;  // false: some models were not examined
};

Damage damage(Tx& tx,
              const ProviderGroups& groups,
              const NamespaceWatch& namespaces,
              const UpstreamKey& key) {
    Damage out;
    if (!key.usable) return out;
    const Rows names = tx.query(
        "SELECT DISTINCT name FROM bindings WHERE group_id = $1 AND status = 'active' "
        "ORDER BY name LIMIT $2",
        {key.group_id, Impact::kMostModels + 1});
    out.complete = names.size() <= Impact::kMostModels;
    std::vector<std::string_view> wanted;
    for (size_t row = 0; row < std::min(names.size(), Impact::kMostModels); ++row)
        wanted.push_back(names.text(row, 0));
    const Resolved resolved =
        resolve(tx,
                groups,
                read_bindings(tx.query(
                    select_bindings() + "WHERE b.name = ANY($1::text[]) ORDER BY b.name, b.id",
                    {pg_array(wanted)})));
    std::set<std::string> spaces;
    for (const Candidate& candidate : resolved.candidates) spaces.insert(candidate.binding.space);
    out.losses = losses(resolved.candidates, namespaces.suspended(tx, spaces), key.id);
    return out;
}

const char* loses(const Loss& loss) {
    if (!loss.served) return "model";
    return loss.lost.empty() ? "upstream" : "route_groups";
}

Json page_json(const Damage& damage,
               const std::vector<TokenCounts>* tokens,
               const PageQuery& page) {
    const std::vector<Loss>& all = damage.losses;
    const auto first = std::partition_point(
        all.begin(), all.end(), [&](const Loss& loss) { return loss.name() <= page.after(); });
    Json data = Json::array();
    auto at = first;
    for (; at != all.end() && data.size() < page.limit(); ++at) {
        const auto index = static_cast<size_t>(at - all.begin());
        data.push_back(
            {{"model", at->name()},
             {"loses", loses(*at)},
             {"route_groups_lost", at->lost},
             {"route_groups_reduced", at->reduced},
             {"tokens_lost", tokens != nullptr ? Json((*tokens)[index].lost) : Json()},
             {"tokens_reduced", tokens != nullptr ? Json((*tokens)[index].reduced) : Json()}});
    }
    const Json next = at == all.end() ? Json() : Json(page.cursor(std::prev(at)->name()));
    return {{"data", std::move(data)}, {"next_cursor", next}};
}

Json models_json(const Damage& damage) {
    std::int64_t gone = 0;
    std::int64_t partly = 0;
    for (const Loss& loss : damage.losses) {
        if (!loss.served) {
            ++gone;
        } else if (!loss.lost.empty()) {
            ++partly;
        }
    }
    return {{"lost", gone},
            {"route_groups_lost", partly},
            {"reduced", static_cast<std::int64_t>(damage.losses.size()) - gone - partly},
            {"complete", damage.complete}};
}

Json key_json(const UpstreamKey& key) {
    return {{"id", key.id},
            {"version", key.version},
            {"group_id", key.group_id},
            {"status", key.status},
            {"serves", key.usable}};
}

Json nullable(Json schema) {
    schema["nullable"] = true;
    return schema;
}

Json impact_schema() {
    const Json text = nullable(text_schema());
    return object_schema(
        {{"api_key",
          object_schema({{"id", integer_schema()},
                         {"version", integer_schema()},
                         {"group_id", integer_schema()},
                         {"status", text_schema()},
                         {"serves", boolean_schema()}})},
         {"models",
          object_schema({{"lost", integer_schema()},
                         {"route_groups_lost", integer_schema()},
                         {"reduced", integer_schema()},
                         {"complete", boolean_schema()}})},
         {"tokens",
          nullable(object_schema({{"lost", integer_schema()},
                                  {"reduced", integer_schema()},
                                  {"complete", boolean_schema()}}))},
         {"data",
          array_schema(object_schema(
              {{"model", text_schema()},
               {"loses", {{"type", "string"}, {"enum", {"model", "route_groups", "upstream"}}}},
               {"route_groups_lost", array_schema(text_schema())},
               {"route_groups_reduced", array_schema(text_schema())},
               {"tokens_lost", nullable(integer_schema())},
               {"tokens_reduced", nullable(integer_schema())}}))},
         {"next_cursor", text}});
}

Operation describe() {
    return Operation("Tells what would be lost if an API key stopped serving")
        .tag("bindings")
        .describe(
            "`models` counts public models that nothing would serve any more, that some route "
            "groups would lose, and that would have an upstream less. `tokens` counts tokens that "
            "are valid now: those that would lose a model, and those that would only lose an "
            "upstream; null where the plugin keys does not run. A `complete` of false means that "
            "there was more than is looked at (" +
            std::to_string(Impact::kMostModels) + " models, " +
            std::to_string(Impact::kMostClasses) +
            " combinations of a master and what its tokens may use): the counts are lower bounds.")
        .path("id", integer_schema())
        .query("limit",
               {{"type", "integer"},
                {"minimum", 1},
                {"maximum", kMaxLimit},
                {"default", kDefaultLimit}},
               "Models of a page")
        .query("cursor", text_schema(), "next_cursor of the page before")
        .schema("ApiKeyImpact", impact_schema())
        .returns(200, "ApiKeyImpact");
}

}  // namespace

Impact::Impact(const Host& host, const ProviderGroups& groups, const NamespaceWatch& namespaces)
    : db_(host.db()), groups_(groups), namespaces_(namespaces), keys_(host) {}

void Impact::serve(Host& host) {
    host.get(
        "/admin/api-keys/{id}/impact", Access::admin, describe(), [this](const Request& request) {
            return answer(request);
        });
}

Response Impact::answer(const Request& request) const {
    const std::int64_t id = request.id();
    const PageQuery page(request);
    Tx tx = db_.begin({.isolation = EZ_REPEATABLE_READ,
                       .read_only = true,
                       .statement_timeout = kStatementTimeout});
    const std::optional<UpstreamKey> key = groups_.key(tx, id);
    if (!key) throw Error(EZ_NOT_FOUND, "api-keys " + std::to_string(id) + ": no such entity");
    const Damage found = damage(tx, groups_, namespaces_, *key);
    Json out{{"api_key", key_json(*key)}, {"models", models_json(found)}, {"tokens", nullptr}};
    std::optional<std::vector<TokenCounts>> by_model;
    if (keys_) {
        Audience audience(found.losses);
        const bool complete =
            found.losses.empty() ||
            keys_.classes(tx, kMostClasses, [&](const KeyClass& tokens) { audience.add(tokens); });
        out["tokens"] = {{"lost", audience.all().lost},
                         {"reduced", audience.all().reduced},
                         {"complete", complete && found.complete}};
        by_model = audience.by_model();
    }
    out.update(page_json(found, by_model ? &*by_model : nullptr, page));
    return Response::json(out);
}

}  // namespace ezapi::bindings
