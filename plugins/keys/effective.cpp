#include "effective.hpp"

#include <algorithm>

#include "ezapi/json.hpp"

namespace ezapi::keys {

namespace {

constexpr std::string_view kEmptyList = "[]";

bool lists(const Json& list, const std::string& name) {
    return std::find(list.begin(), list.end(), Json(name)) != list.end();
}

/// nullopt when the two have no namespace in common.
std::optional<std::string> common_namespaces(const std::string& token, const std::string& master) {
    if (token == kEmptyList) return master;
    if (master == kEmptyList) return token;
    const Json allowed = Json::parse(master);
    Json common = Json::array();
    for (const Json& name : Json::parse(token)) {
        if (lists(allowed, name.get_ref<const std::string&>())) common.push_back(name);
    }
    if (common.empty()) return std::nullopt;
    return dump_json(common);
}

void suspend(Token& token, std::string_view cause) {
    if (token.cause.empty() || token.status == "exhausted") token.cause = cause;
    token.status = "suspended";
}

}  // namespace

void apply_master(Token& token, const Master& master) {
    token.own_status = token.status;
    if (master.exhausted && token.status == "active") {
        token.cause = "master_exhausted";
        token.status = "exhausted";
    }
    if (master.status != "active") suspend(token, "master_suspended");
    if (token.epoch < master.epoch) suspend(token, "epoch_ended");
    token.group = master.group;
    if (master.global_qps > 0) token.qps_limit = std::min(token.qps_limit, master.global_qps);
    if (auto common = common_namespaces(token.namespaces, master.namespaces)) {
        token.namespaces = std::move(*common);
    } else {
        // Not an empty list, which would mean that everything is allowed.
        suspend(token, "no_common_namespace");
    }
    if (token.default_namespace.empty()) token.default_namespace = master.default_namespace;
    if (token.namespaces != kEmptyList && !token.default_namespace.empty() &&
        !lists(Json::parse(token.namespaces), token.default_namespace))
        token.default_namespace.clear();
}

ProjectionSink::Fields hash_fields(const Token& token) {
    ProjectionSink::Fields out;
    const auto add = [&out](const char* name, const std::string& text, std::string_view open = {}) {
        if (text != open) out.emplace_back(name, text);
    };
    add("id", std::to_string(token.id));
    add("master_id", std::to_string(token.master_id));
    add("group", token.group);
    add("status", token.status);
    add("namespaces", token.namespaces, kEmptyList);
    add("default_namespace", token.default_namespace);
    add("models", token.models, kEmptyList);
    add("models_denied", token.models_denied, kEmptyList);
    add("ip_allow", token.ip_allow, kEmptyList);
    add("ip_deny", token.ip_deny, kEmptyList);
    if (token.expires_at) add("expires_at", std::to_string(*token.expires_at));
    if (token.quota_limit) {
        add("quota_limit", std::to_string(*token.quota_limit));
        // Meaningless without a limit, and would have to be delivered after every request.
        add("quota_used", std::to_string(token.quota_used));
    }
    add("qps_limit", std::to_string(token.qps_limit), "0");
    add("epoch", std::to_string(token.epoch));
    return out;
}

}  // namespace ezapi::keys
