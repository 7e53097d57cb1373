#include "service.hpp"

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
                         str(token.ip_deny)};
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
            add_usage(tx, {items, count}, unknown, keys->lag_);
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
};

}  // namespace ezapi::keys
