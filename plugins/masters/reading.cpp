#include "reading.hpp"

#include <string>
#include <vector>

#include "quota.hpp"

namespace ezapi::masters {

namespace {

const std::string& statement(std::int32_t mode) {
    // Rows are locked in the order of their ids, so that two callers never deadlock.
    static const std::string kRead =
        "SELECT id, epoch, max_child_keys, status, \"group\", namespaces, default_namespace, "
        "version, global_qps, " +
        std::string(kExhausted) + " FROM masters WHERE id = ANY($1::bigint[]) ORDER BY id";
    static const std::string kLock = kRead + " FOR NO KEY UPDATE";
    static const std::string kShare = kRead + " FOR SHARE";
    switch (mode) {
        case EZ_MASTER_READ:
            return kRead;
        case EZ_MASTER_LOCK:
            return kLock;
        case EZ_MASTER_SHARE:
            return kShare;
        default:
            throw Error(EZ_INVALID,
                        "masters/1: expected mode EZ_MASTER_READ, _LOCK or _SHARE, found " +
                            std::to_string(mode));
    }
}

void pass(const std::vector<std::int64_t>& ids, ez_master_id_fn sink, void* user) {
    for (const std::int64_t id : ids) {
        const ez_status status = sink(user, id);
        if (status != EZ_OK) throw Error(status, "masters/1: the receiver stopped");
    }
}

}  // namespace

const ez_masters_v1 Reading::kTable = {
    sizeof(ez_masters_v1),
    [](void* self,
       ez_tx* raw,
       const std::int64_t* ids,
       size_t count,
       std::int32_t mode,
       ez_master_fn sink,
       void* user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            Tx tx(static_cast<Reading*>(self)->host_, raw, Tx::Ownership::borrowed);
            read(tx, {ids, count}, mode, sink, user);
        });
    },
    [](void* self,
       ez_tx* raw,
       const ez_master_usage* items,
       size_t count,
       ez_master_id_fn sink,
       void* user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            Tx tx(static_cast<Reading*>(self)->host_, raw, Tx::Ownership::borrowed);
            pass(use(tx, {items, count}), sink, user);
        });
    },
    [](void* self,
       ez_tx* raw,
       std::int64_t most,
       ez_master_id_fn sink,
       void* user,
       std::int32_t* more,
       ez_error* error) noexcept {
        return guard(error, [&] {
            Tx tx(static_cast<Reading*>(self)->host_, raw, Tx::Ownership::borrowed);
            const Reset done = reset(tx, most);
            *more = done.more ? 1 : 0;
            pass(done.usable, sink, user);
        });
    },
};

void Reading::read(
    Tx& tx, std::span<const std::int64_t> ids, std::int32_t mode, ez_master_fn sink, void* user) {
    std::string list = "{";
    for (const std::int64_t id : ids) list += (list.size() > 1 ? "," : "") + std::to_string(id);
    const Rows rows = tx.query(statement(mode), {list + "}"});
    for (size_t row = 0; row < rows.size(); ++row) {
        const ez_master master{sizeof(ez_master),
                               rows.boolean(row, 9) ? 1 : 0,
                               rows.integer(row, 0),
                               rows.integer(row, 1),
                               rows.integer(row, 2),
                               rows.cell(row, 3).text,
                               rows.cell(row, 4).text,
                               rows.cell(row, 5).text,
                               rows.cell(row, 6).text,
                               rows.integer(row, 7),
                               rows.integer(row, 8)};
        const ez_status status = sink(user, &master);
        if (status != EZ_OK) throw Error(status, "masters/1: the receiver stopped");
    }
}

}  // namespace ezapi::masters
