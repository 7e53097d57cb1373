#include "service.hpp"

#include "classes.hpp"
#include "counters.hpp"

namespace ezapi::keys {

namespace {

void pass(const std::vector<Token>& tokens, ez_key_fn sink, void* user) {
    for (const Token& token : tokens) {
        const ez_key key{sizeof(ez_key),
                         token.id,
                         token.version,
                         token.master_id,
                         token.epoch,
                         token.expires_at.value_or(0),
                         token.quota_limit.value_or(-1),
                         token.quota_used,
                         token.qps_limit,
                         str(token.name),
                         str(token.status),
                         str(token.group),
                         str(token.namespaces),
                         str(token.default_namespace),
                         str(token.models),
                         str(token.models_denied),
                         str(token.ip_allow),
                         str(token.ip_deny),
                         str(token.own_status),
                         str(token.cause)};
        const ez_status status = sink(user, &key);
        if (status != EZ_OK) throw Error(status, "keys/1: the receiver stopped");
    }
}

}  // namespace

const ez_keys_v1 KeysService::kTable = {
    sizeof(ez_keys_v1),
    [](void* self,
       ez_tx* raw,
       const ez_key_usage* items,
       size_t count,
       std::int32_t* unknown,
       ez_error* error) noexcept {
        return guard(error, [&] {
            const auto* keys = static_cast<KeysService*>(self);
            Tx tx(keys->host_, raw, Tx::Ownership::borrowed);
            add_usage(tx, Strided(items, count, "items"), unknown, keys->masters_, keys->lag_);
        });
    },
    [](void* self,
       ez_tx* raw,
       ez_str token_hash,
       ez_key_fn sink,
       void* user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            const auto* keys = static_cast<KeysService*>(self);
            Tx tx(keys->host_, raw, Tx::Ownership::borrowed);
            const std::string_view hash = view(token_hash);
            pass(keys->tokens_.by_hash(tx, std::span(&hash, 1)), sink, user);
        });
    },
    [](void* self,
       ez_tx* raw,
       std::int64_t id,
       ez_key_fn sink,
       void* user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            const auto* keys = static_cast<KeysService*>(self);
            Tx tx(keys->host_, raw, Tx::Ownership::borrowed);
            pass(keys->tokens_.by_id(tx, id), sink, user);
        });
    },
    [](void* self,
       ez_tx* raw,
       size_t limit,
       ez_key_class_fn sink,
       void* user,
       std::int32_t* complete,
       ez_error* error) noexcept {
        return guard(error, [&] {
            const auto* keys = static_cast<KeysService*>(self);
            Tx tx(keys->host_, raw, Tx::Ownership::borrowed);
            const Classes classes = count_classes(tx, keys->masters_, limit);
            for (const auto& [what, tokens] : classes.tokens) {
                const ez_key_class found{sizeof(ez_key_class),
                                         tokens,
                                         str(what.group),
                                         str(what.namespaces),
                                         str(what.models),
                                         str(what.models_denied)};
                const ez_status status = sink(user, &found);
                if (status != EZ_OK) throw Error(status, "keys/1: the receiver stopped");
            }
            *complete = classes.complete ? 1 : 0;
        });
    },
};

}  // namespace ezapi::keys
