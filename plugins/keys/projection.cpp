#include "projection.hpp"

#include "ezapi/base/numbers.hpp"
#include "tokens.hpp"

namespace ezapi::keys {

namespace {

void emit(const std::vector<Token>& tokens, ProjectionSink& sink) {
    for (const Token& token : tokens) sink.hash(token.hash, hash_fields(token));
}

/// Whether the change may alter how tokens of the master are rendered.
bool concerns_tokens(const ez_change& change) {
    if (change.action != EZ_UPDATED) return false;
    const Json before = Json::parse(view(change.before));
    const Json after = Json::parse(view(change.after));
    // A change of the quota's state contains that member only.
    for (const char* name : {"status",
                             "epoch",
                             "group",
                             "namespaces",
                             "default_namespace",
                             "global_qps",
                             "quota_exhausted"}) {
        if (before.value(name, Json()) != after.value(name, Json())) return true;
    }
    return false;
}

}  // namespace

Projection projection(const Tokens& tokens) {
    return {std::string(kProjection),
            Layout::hash,
            [&tokens](Tx& tx, std::span<const std::string_view> hashes, ProjectionSink& sink) {
                emit(tokens.by_hash(tx, hashes), sink);
            },
            [&tokens](Tx& tx, std::string_view after, size_t limit, ProjectionSink& sink) {
                emit(tokens.page(tx, after, limit), sink);
            }};
}

void touch_all(Tx& tx, const Rows& hashes, size_t column) {
    std::vector<Change> changes;
    changes.reserve(hashes.size());
    for (size_t row = 0; row < hashes.size(); ++row) {
        if (!hashes.is_null(row, column))
            changes.push_back({.resource = kProjection, .id = hashes.text(row, column)});
    }
    if (!changes.empty()) tx.changed(changes);
}

void touch_retiring(Tx& tx, std::int64_t key_id) {
    touch_all(tx,
              tx.query("SELECT token_hash FROM key_retiring_hashes WHERE key_id = $1", {key_id}));
}

void touch_tokens_of(Tx& tx, std::span<const std::int64_t> masters) {
    if (masters.empty()) return;
    std::string ids = "{";
    for (const std::int64_t id : masters) ids += (ids.size() > 1 ? "," : "") + std::to_string(id);
    touch_all(tx,
              tx.query("SELECT token_hash FROM keys WHERE master_id = ANY($1::bigint[]) UNION ALL "
                       "SELECT r.token_hash FROM key_retiring_hashes r "
                       "JOIN keys k ON k.id = r.key_id WHERE k.master_id = ANY($1::bigint[])",
                       {ids + "}"}));
}

void follow_masters(Tx& tx, Changes changes, const Resource& keys) {
    for (const ez_change& change : changes) {
        const std::int64_t id = parse_id(view(change.id)).value_or(0);
        if (change.action == EZ_DELETED) {
            touch_all(tx,
                      tx.query("SELECT r.token_hash FROM key_retiring_hashes r "
                               "JOIN keys k ON k.id = r.key_id WHERE k.master_id = $1",
                               {id}));
            keys.remove_all(tx, {.field = "master_id", .id = id});
        } else if (concerns_tokens(change)) {
            touch_tokens_of(tx, std::span(&id, 1));
        }
    }
}

}  // namespace ezapi::keys
