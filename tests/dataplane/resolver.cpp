#include "tests/dataplane/resolver.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>

#include <algorithm>
#include <bitset>
#include <nlohmann/json.hpp>

namespace ezapi::tests {
namespace {

using nlohmann::json;

std::string get(const std::map<std::string, std::string>& hash, const std::string& field) {
    const auto found = hash.find(field);
    return found == hash.end() ? std::string() : found->second;
}

bool lists(const std::string& array, const std::string& item) {
    const json items = json::parse(array);
    return std::find(items.begin(), items.end(), item) != items.end();
}

bool is_list(const std::string& array) {
    return !array.empty() && array != "[]";
}

/// The bits of an address; IPv4 in its IPv6-mapped form.
std::string bits_of(const std::string& address) {
    const bool four = address.find(':') == std::string::npos;
    unsigned char bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
    inet_pton(four ? AF_INET : AF_INET6, address.c_str(), four ? bytes + 12 : bytes);
    std::string bits;
    for (const unsigned char byte : bytes) bits += std::bitset<8>(byte).to_string();
    return bits;
}

bool in_network(const std::string& ip, const std::string& network) {
    const std::string base = network.substr(0, network.find('/'));
    size_t length = 128;
    if (base != network) {
        length = std::stoul(network.substr(base.size() + 1));
        if (base.find(':') == std::string::npos) length += 96;
    }
    return bits_of(ip).substr(0, length) == bits_of(base).substr(0, length);
}

std::string first_not_empty(const std::string& one, const std::string& other) {
    return one.empty() ? other : one;
}

}  // namespace

std::string sha256_hex(const std::string& text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    for (unsigned int i = 0; i < size; ++i) {
        out.push_back(kHex[digest[i] >> 4U]);
        out.push_back(kHex[digest[i] & 15U]);
    }
    return out;
}

std::string Decision::text() const {
    if (!refusal.empty()) return "refused: " + refusal;
    return "allowed: " + json(candidates).dump();
}

std::string Resolver::refuse_token(const Hash& token, const Hash& master) const {
    if (token.empty()) return "unknown_token";
    if (get(token, "status") != "active") return "token_not_active";
    if (const std::string expires = get(token, "expires_at");
        !expires.empty() && std::stoll(expires) <= now_)
        return "token_expired";
    if (const std::string limit = get(token, "quota_limit");
        !limit.empty() &&
        std::stoll(first_not_empty(get(token, "quota_used"), "0")) >= std::stoll(limit)) {
        return "quota_exhausted";
    }
    if (master.empty() || get(master, "status") != "active") return "master_not_active";
    if (std::stoll(get(token, "epoch")) < std::stoll(get(master, "epoch"))) return "token_revoked";
    return {};
}

std::string Resolver::refuse_address(const Hash& token, const std::string& ip) {
    if (ip.empty()) return {};
    const auto holds = [&](const std::string& list) {
        const json networks = json::parse(get(token, list));
        return std::any_of(networks.begin(), networks.end(), [&](const json& network) {
            return in_network(ip, network.get<std::string>());
        });
    };
    if (is_list(get(token, "ip_deny")) && holds("ip_deny")) return "ip_denied";
    if (is_list(get(token, "ip_allow")) && !holds("ip_allow")) return "ip_not_allowed";
    return {};
}

std::string Resolver::full_name(const Hash& token, const Hash& master, const std::string& model) {
    if (model.find('.') != std::string::npos) return model;
    return first_not_empty(get(token, "default_namespace"), get(master, "default_namespace")) +
           "." + model;
}

Decision Resolver::resolve(const std::string& token_text,
                           const std::string& asked,
                           const std::string& ip) {
    Decision decision;
    const Hash token = redis_.hash("auth:token:" + sha256_hex(token_text));
    const Hash master =
        token.empty() ? Hash() : redis_.hash("auth:master:" + get(token, "master_id"));
    decision.refusal = refuse_token(token, master);
    if (decision.refusal.empty()) decision.refusal = refuse_address(token, ip);
    if (!decision.refusal.empty()) return decision;

    const std::string model = full_name(token, master, asked);
    const size_t dot = model.find('.');
    const std::string space = model.substr(0, dot);
    const std::string public_model = model.substr(dot + 1);
    const std::string allowed =
        is_list(get(token, "namespaces")) ? get(token, "namespaces") : get(master, "namespaces");
    if (is_list(allowed) && !lists(allowed, space)) return {"namespace_not_allowed", {}};
    const auto known = redis_.field("config:namespaces", space);
    if (!known || json::parse(*known).value("status", "active") != "active")
        return {"namespace_not_active", {}};
    const auto names = [&](const std::string& list) {
        return lists(list, public_model) || lists(list, model);
    };
    if (is_list(get(token, "models")) && !names(get(token, "models")))
        return {"model_not_allowed", {}};
    if (is_list(get(token, "models_denied")) && names(get(token, "models_denied")))
        return {"model_denied", {}};

    const auto binding = redis_.field("config:bindings", model);
    if (!binding || json::parse(*binding).at("status") != "active") return {"no_binding", {}};
    add_candidates(*binding, token, master, decision);
    if (decision.candidates.empty()) decision.refusal = "no_candidate";
    return decision;
}

void Resolver::add_candidates(const std::string& binding,
                              const Hash& token,
                              const Hash& master,
                              Decision& decision) {
    const json all = json::parse(binding).at("candidates");
    const std::string group =
        first_not_empty(first_not_empty(get(token, "group"), get(master, "group")), "default");
    const bool own = std::any_of(all.begin(), all.end(), [&](const json& candidate) {
        return candidate.at("route_group") == group;
    });
    for (const json& candidate : all) {
        if (candidate.at("route_group") != (own ? group : "default") ||
            candidate.at("status") != "active" || candidate.contains("error"))
            continue;
        std::map<std::string, std::string> upstreams;
        for (const auto& [key_id, upstream] : candidate.at("upstreams").items()) {
            if (provider_active(key_id)) upstreams[key_id] = upstream;
        }
        if (upstreams.empty()) continue;
        decision.candidates[candidate.at("group_id").dump() + "/" +
                            candidate.at("route_group").get<std::string>() + "/" +
                            std::to_string(candidate.value("weight", 0))] = std::move(upstreams);
    }
}

bool Resolver::provider_active(const std::string& key_id) {
    const auto provider = redis_.field("config:providers", key_id);
    return provider && json::parse(*provider).at("status") == "active";
}

}  // namespace ezapi::tests
