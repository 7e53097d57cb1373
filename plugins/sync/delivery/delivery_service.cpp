#include "delivery/delivery_service.hpp"

#include <chrono>

#include "ezapi/base/pg_array.hpp"

namespace ezapi::sync {
namespace {

constexpr std::string_view kStates =
    "SELECT change.revision,"
    "  coalesce(bool_and(entity.pushed_revision >= noted.revision), true) AS applied,"
    "  coalesce(bool_or(entity.state = 'dead' AND entity.pushed_revision < noted.revision), false)"
    "    AS dead "
    "FROM sync_changes AS change LEFT JOIN LATERAL"
    "  unnest(change.resources, change.keys, change.revisions) AS noted(resource, key, revision)"
    "  ON true LEFT JOIN sync_entities AS entity USING (resource, key) "
    "WHERE change.revision = ANY($1::bigint[]) GROUP BY change.revision";

std::int32_t abi_state(ChangeWaits::State state) {
    switch (state) {
        case ChangeWaits::State::applied:
            return EZ_DELIVERY_APPLIED;
        case ChangeWaits::State::dead:
            return EZ_DELIVERY_DEAD;
        default:
            return EZ_DELIVERY_PENDING;
    }
}

ez_status await(void* self,
                int64_t revision,
                uint32_t timeout_ms,
                ez_delivery_fn fn,
                void* user,
                ez_error* error) noexcept {
    return guard(error, [&] {
        const bool added = static_cast<ChangeWaits*>(self)->add(
            revision, std::chrono::milliseconds(timeout_ms), [fn, user](ChangeWaits::State state) {
                fn(user, abi_state(state));
            });
        if (!added) throw Error(EZ_EXHAUSTED, "too many wait for their changes");
    });
}

}  // namespace

const ez_delivery_v1 kDelivery{sizeof(ez_delivery_v1), await};

std::map<std::int64_t, ChangeWaits::State> states_of(const Db& db,
                                                     const std::vector<std::int64_t>& revisions) {
    const Rows rows = db.query(kStates, {pg_array(revisions)});
    std::map<std::int64_t, ChangeWaits::State> out;
    for (size_t row = 0; row < rows.size(); ++row) {
        const bool applied = rows.boolean(row, 1);
        const bool dead = rows.boolean(row, 2);
        if (!applied && !dead) continue;
        out.emplace(rows.integer(row, 0),
                    applied ? ChangeWaits::State::applied : ChangeWaits::State::dead);
    }
    return out;
}

}  // namespace ezapi::sync
