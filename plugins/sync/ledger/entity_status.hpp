// How entities stand in the ledger, for those who go through a whole resource.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/db.hpp"
#include "ledger/entity.hpp"
#include "ledger/fingerprints.hpp"

namespace ezapi::sync {

/// How an entity stands.
struct EntityStatus {
    std::int64_t revision = 0;  // 0: there is no row
    bool pending = false;       // it is on its way, so Redis may be behind
};

/// An entity that Redis was told of and not told to drop.
struct KnownEntity {
    std::string key;
    EntityStatus status;
};

/// As `tx` sees them, in the order of `entities`.
[[nodiscard]] std::vector<EntityStatus> entity_statuses(Tx& tx, const Entities& entities);

/// A stretch of a resource in the order of the keys, from behind `after` to `upto` inclusive
/// (empty: the end), as `tx` sees it.
[[nodiscard]] std::vector<KnownEntity> known_entities(Tx& tx,
                                                      std::string_view resource,
                                                      std::string_view after,
                                                      std::string_view upto);

/// Those of `keys` that Redis must not hold as far as the ledger knows, in their order; what
/// `known` knows was met already.
[[nodiscard]] std::vector<std::string> unknown_keys(const Db& db,
                                                    std::string_view resource,
                                                    std::vector<std::string> keys,
                                                    Fingerprints& known);

}  // namespace ezapi::sync
