// The tokens, by the service "keys/1" of the plugin `keys`.
//
//     const Keys keys(host);
//     const std::optional<Key> key = keys.find(tx, std::int64_t{7});
//
// Name the plugin in depends_on. A plugin that names it in `after` must check operator bool: it is
// false when the plugin does not run, and every call throws EZ_NOT_FOUND then.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/plugin.hpp"
#include "ezapi/services/keys.h"

namespace ezapi {

/// The usage of one token since the last report. Borrows its text.
struct KeyUsage {
    std::int64_t key_id = 0;           // 0: given by token_hash
    std::string_view token_hash = {};  // SHA-256 in lower-case hex
    std::int64_t requests = 0;         // this and the next two: 0 to 2^53
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;
    std::int64_t last_used_at = 0;  // Unix microseconds; 0: unknown
};

/// A token as the data plane sees it: values that it does not set are those of its master. An empty
/// list is no restriction.
struct Key {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::int64_t master_id = 0;
    std::int64_t epoch = 0;
    std::int64_t expires_at = 0;    // Unix seconds; 0: never
    std::int64_t quota_limit = -1;  // -1: no limit
    std::int64_t quota_used = 0;
    std::int64_t qps_limit = 0;  // 0: not limited
    std::string name;
    std::string status;      // after the master is applied
    std::string own_status;  // of the row, before the master is applied
    std::string cause;       // why the master disables it, see keys.h; empty: it does not
    std::string group;
    std::string default_namespace;
    std::vector<std::string> namespaces, models, models_denied, ip_allow, ip_deny;
};

/// Tokens with equal permissions, all of them valid now. An empty list is no restriction.
struct KeyClass {
    std::int64_t tokens = 0;
    std::string group;
    std::vector<std::string> namespaces;
    std::vector<std::string> models;         // with or without namespace
    std::vector<std::string> models_denied;  // with or without namespace
};

class Keys {
public:
    explicit Keys(const Host& host) : service_(host.find_optional<ez_keys_v1>("keys/1")) {}

    /// Whether the plugin runs.
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(service_); }

    /// The token with this id or hash, as seen in `tx`; nullopt when there is none.
    [[nodiscard]] std::optional<Key> find(Tx& tx, std::int64_t id) const {
        std::optional<Key> out;
        service_.call<&ez_keys_v1::find_by_id>(tx.handle(), id, &keep, static_cast<void*>(&out));
        return out;
    }

    [[nodiscard]] std::optional<Key> find(Tx& tx, std::string_view token_hash) const {
        std::optional<Key> out;
        service_.call<&ez_keys_v1::find_by_hash>(
            tx.handle(), str(token_hash), &keep, static_cast<void*>(&out));
        return out;
    }

    /// Adds the usage of many tokens. `tx` must be from the pool "main". Returns for each item
    /// whether the token exists.
    [[nodiscard]] std::vector<bool> use(Tx& tx, std::span<const KeyUsage> usage) const {
        if (usage.empty()) return {};
        std::vector<ez_key_usage> items;
        items.reserve(usage.size());
        for (const KeyUsage& one : usage)
            items.push_back({sizeof(ez_key_usage),
                             one.key_id,
                             str(one.token_hash),
                             one.requests,
                             one.tokens_in,
                             one.tokens_out,
                             one.last_used_at});
        std::vector<std::int32_t> unknown(items.size());
        service_.call<&ez_keys_v1::usage>(tx.handle(), items.data(), items.size(), unknown.data());
        std::vector<bool> out;
        out.reserve(unknown.size());
        for (const std::int32_t mark : unknown) out.push_back(mark == 0);
        return out;
    }

    /// Groups all tokens that are valid now by their permissions and passes the classes to `sink`.
    /// Reads the whole table once. False when there are more than `limit` combinations of master
    /// and restrictions; the rest is left out.
    [[nodiscard]] bool classes(Tx& tx,
                               size_t limit,
                               const std::function<void(KeyClass)>& sink) const {
        std::int32_t complete = 1;
        service_.call<&ez_keys_v1::classes>(tx.handle(),
                                            limit,
                                            &pass_class,
                                            const_cast<void*>(static_cast<const void*>(&sink)),
                                            &complete);
        return complete != 0;
    }

private:
    static std::vector<std::string> texts(ez_str array) {
        if (array.size <= 2) return {};
        return Json::parse(view(array)).get<std::vector<std::string>>();
    }

    static ez_status keep(void* user, const ez_key* given) noexcept {
        return guard(nullptr, [&] {
            const ez_key key = taken(given, "token");
            static_cast<std::optional<Key>*>(user)->emplace(
                Key{.id = key.id,
                    .version = key.version,
                    .master_id = key.master_id,
                    .epoch = key.epoch,
                    .expires_at = key.expires_at,
                    .quota_limit = key.quota_limit,
                    .quota_used = key.quota_used,
                    .qps_limit = key.qps_limit,
                    .name = std::string(view(key.name)),
                    .status = std::string(view(key.status)),
                    .own_status = std::string(view(key.own_status)),
                    .cause = std::string(view(key.cause)),
                    .group = std::string(view(key.group)),
                    .default_namespace = std::string(view(key.default_namespace)),
                    .namespaces = texts(key.namespaces),
                    .models = texts(key.models),
                    .models_denied = texts(key.models_denied),
                    .ip_allow = texts(key.ip_allow),
                    .ip_deny = texts(key.ip_deny)});
        });
    }

    static ez_status pass_class(void* user, const ez_key_class* given) noexcept {
        return guard(nullptr, [&] {
            const ez_key_class found = taken(given, "class of tokens");
            (*static_cast<const std::function<void(KeyClass)>*>(user))(
                KeyClass{.tokens = found.tokens,
                         .group = std::string(view(found.group)),
                         .namespaces = texts(found.namespaces),
                         .models = texts(found.models),
                         .models_denied = texts(found.models_denied)});
        });
    }

    Service<ez_keys_v1> service_;
};

}  // namespace ezapi
