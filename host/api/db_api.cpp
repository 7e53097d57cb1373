// The ABI's table `db` over db::Pools. Handles are the C++ objects themselves: ez_tx a
// db::Transaction, ez_rows a db::Rows.
#include "ezapi/error.hpp"
#include "ezapi/prefix.hpp"
#include "host/api/tables.hpp"
#include "host/db/pools.hpp"
#include "host/modules/context.hpp"

namespace ezapi::host::api {
namespace {

db::Pools& pools_of(const ez_context* context) {
    if (context->host->pools == nullptr) throw Error(EZ_UNAVAILABLE, "this host has no database");
    return *context->host->pools;
}

ez_rows* release(db::Rows rows) {
    return reinterpret_cast<ez_rows*>(new db::Rows(std::move(rows)));
}

const db::Rows& rows_of(const ez_rows* handle) noexcept {
    return *reinterpret_cast<const db::Rows*>(handle);
}

ez_status query(ez_context* context,
                ez_str pool,
                ez_str sql,
                const ez_value* params,
                size_t count,
                ez_rows** out,
                ez_error* error) noexcept {
    return guard(error, [&] {
        *out = release(pools_of(context).query(view(pool), view(sql), {params, count}));
    });
}

ez_status begin(ez_context* context,
                ez_str pool,
                const ez_tx_options* options,
                ez_tx** out,
                ez_error* error) noexcept {
    return guard(error, [&] {
        *out =
            db::to_handle(*pools_of(context).begin(view(pool), options, context->plugin).release());
    });
}

ez_status tx_query(ez_tx* tx,
                   ez_str sql,
                   const ez_value* params,
                   size_t count,
                   ez_rows** out,
                   ez_error* error) noexcept {
    return guard(error, [&] {
        *out = release(db::from_handle(tx).query(view(sql), {params, count}));
    });
}

ez_status commit(ez_tx* tx, ez_error* error) noexcept {
    return guard(error, [&] {
        db::Transaction& transaction = db::from_handle(tx);
        // A subscriber of changes does not own the transaction: the call is refused and nothing is
        // freed.
        if (transaction.committing()) return transaction.commit();
        const std::unique_ptr<db::Transaction> owned(&transaction);
        owned->commit();
    });
}

void rollback(ez_tx* tx) noexcept {
    if (tx == nullptr) return;
    db::Transaction& transaction = db::from_handle(tx);
    const bool owned = !transaction.committing();
    transaction.rollback();
    if (owned) delete &transaction;
}

ez_status after(ez_tx* tx, ez_after_fn fn, void* user, ez_error* error) noexcept {
    return guard(error, [&] {
        if (fn == nullptr) throw Error(EZ_INVALID, "after: the function is NULL");
        db::from_handle(tx).after([fn, user](int committed) { fn(user, committed); });
    });
}

ez_status copy_begin(ez_tx* tx, ez_str sql, ez_error* error) noexcept {
    return guard(error, [&] { db::from_handle(tx).copy_begin(view(sql)); });
}

ez_status copy_write(ez_tx* tx, ez_str data, ez_error* error) noexcept {
    return guard(error, [&] { db::from_handle(tx).copy_write(view(data)); });
}

ez_status copy_end(ez_tx* tx, ez_str abort_reason, int64_t* rows, ez_error* error) noexcept {
    return guard(error, [&] {
        const int64_t count = db::from_handle(tx).copy_end(view(abort_reason));
        if (rows != nullptr) *rows = count;
    });
}

void rows_info(const ez_rows* handle, ez_rows_info* out) noexcept {
    const db::Rows& rows = rows_of(handle);
    give(out, {sizeof(ez_rows_info), rows.rows(), rows.columns(), rows.affected()});
}

ez_str column_name(const ez_rows* handle, size_t column) noexcept {
    return str(rows_of(handle).column_name(column));
}

ez_value cell(const ez_rows* handle, size_t row, size_t column) noexcept {
    return rows_of(handle).cell(row, column);
}

void rows_free(ez_rows* handle) noexcept {
    delete reinterpret_cast<db::Rows*>(handle);
}

}  // namespace

const ez_db_api kDb{sizeof(ez_db_api),
                    query,
                    begin,
                    tx_query,
                    commit,
                    rollback,
                    after,
                    copy_begin,
                    copy_write,
                    copy_end,
                    rows_info,
                    column_name,
                    cell,
                    rows_free};

}  // namespace ezapi::host::api
