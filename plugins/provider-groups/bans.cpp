#include "bans.hpp"

namespace ezapi::provider_groups {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kBatch = 100;

/// Returns the number of bans that were ended. Each is an ordinary change, which the audit log, the
/// bindings of the group and the data plane see.
size_t end_some(const Db& db, const Resource& api_keys) {
    Tx tx = db.begin();
    const Rows rows = tx.query("SELECT " + api_keys.select_list() +
                                   " FROM api_keys WHERE status = 'banned' AND ban_until <= now() "
                                   "ORDER BY ban_until LIMIT $1 FOR UPDATE SKIP LOCKED",
                               {kBatch});
    for (size_t row = 0; row < rows.size(); ++row) {
        api_keys.amend(tx,
                       api_keys.record_at(rows, row),
                       {{"status", "active"}, {"ban_reason", nullptr}, {"ban_until", nullptr}});
    }
    tx.commit();
    return rows.size();
}

}  // namespace

void end_bans_in_time(Host& host, const Resource& api_keys) {
    host.every("end-bans", 10s, Scope::cluster, [db = host.db(), &api_keys](const Run& run) {
        while (!run.stopping() && end_some(db, api_keys) == kBatch) {
        }
    });
}

}  // namespace ezapi::provider_groups
