#include "ledger/entity_status.hpp"

#include "ledger/pg_lists.hpp"

namespace ezapi::sync {
namespace {

constexpr std::string_view kStatuses =
    "SELECT wanted.place, entity.revision, entity.state = 'pending' "
    "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted(resource, key, place) "
    "JOIN sync_entities AS entity USING (resource, key)";

constexpr std::string_view kTold =
    "SELECT key, revision, state = 'pending' FROM sync_entities "
    "WHERE resource = $1 AND key > $2 AND NOT deleted AND key <= $3 ORDER BY key";

constexpr std::string_view kToldToTheEnd =
    "SELECT key, revision, state = 'pending' FROM sync_entities "
    "WHERE resource = $1 AND key > $2 AND NOT deleted ORDER BY key";

constexpr std::string_view kUnknownKeys =
    "SELECT wanted.key FROM unnest($2::text[]) WITH ORDINALITY AS wanted(key, place) "
    "WHERE NOT EXISTS (SELECT 1 FROM sync_entities AS entity"
    "  WHERE entity.resource = $1 AND entity.key = wanted.key AND NOT entity.deleted) "
    "ORDER BY wanted.place";

}  // namespace

std::vector<EntityStatus> entity_statuses(Tx& tx, const Entities& entities) {
    std::vector<EntityStatus> out(entities.size());
    const Rows rows = tx.query(kStatuses, {resources_of(entities), keys_of(entities)});
    for (size_t row = 0; row < rows.size(); ++row)
        out[static_cast<size_t>(rows.integer(row, 0) - 1)] = {rows.integer(row, 1),
                                                              rows.boolean(row, 2)};
    return out;
}

std::vector<KnownEntity> known_entities(Tx& tx,
                                        std::string_view resource,
                                        std::string_view after,
                                        std::string_view upto) {
    const Rows rows = upto.empty() ? tx.query(kToldToTheEnd, {resource, after})
                                   : tx.query(kTold, {resource, after, upto});
    std::vector<KnownEntity> out;
    out.reserve(rows.size());
    for (size_t row = 0; row < rows.size(); ++row)
        out.push_back(
            {std::string(rows.text(row, 0)), {rows.integer(row, 1), rows.boolean(row, 2)}});
    return out;
}

std::vector<std::string> unknown_keys(const Db& db,
                                      std::string_view resource,
                                      std::vector<std::string> keys,
                                      Fingerprints& known) {
    std::erase_if(keys, [&](const std::string& key) { return known.knows(key); });
    if (keys.empty()) return keys;
    const Rows rows = db.query(kUnknownKeys, {resource, pg_array(keys)});
    std::vector<std::string> out;
    for (size_t row = 0; row < rows.size(); ++row) out.emplace_back(rows.text(row, 0));
    return out;
}

}  // namespace ezapi::sync
