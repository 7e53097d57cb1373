#include "host/changes/unaudited.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "ezapi/audit.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::changes {
namespace {

constexpr size_t kNamed = 100;
constexpr std::int64_t kReportSeconds = 60;

ez_value unless_empty(const std::string& text) {
    return text.empty() ? db::null_param() : db::param(text);
}

}  // namespace

void Unaudited::note(db::Transaction& transaction, const std::vector<db::Change>& changes) {
    auto named = nlohmann::json::array();
    std::int64_t total = 0;
    for (const db::Change& change : changes) {
        if (change.action == EZ_TOUCHED) continue;
        ++total;
        if (named.size() < kNamed)
            named.push_back({{"action", action_name(change.action)},
                             {"resource", change.resource},
                             {"id", change.id}});
    }
    if (total == 0) return;
    const db::Origin& origin = transaction.origin();
    const std::string list = named.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::string count = std::to_string(total);
    const std::string revision = std::to_string(transaction.revision());
    const std::string actor = origin.identity.name;
    const std::string_view kind = actor_kind(origin.identity.kind, !origin.method.empty());
    const std::array params{db::param(revision),
                            db::param(instance_),
                            db::param(kind),
                            db::param(actor),
                            unless_empty(origin.client_ip),
                            unless_empty(origin.request_id),
                            unless_empty(origin.method),
                            unless_empty(origin.path),
                            db::param(list),
                            db::param(count)};
    transaction.query(
        "INSERT INTO ez_unaudited_changes (revision, instance, actor_kind, actor, ip, request_id, "
        "method, path, changes, total) VALUES (nullif($1::bigint, 0), $2, $3, $4, $5, $6, $7, $8, "
        "$9::jsonb, $10::integer)",
        params);
    warn();
}

void Unaudited::warn() {
    unreported_.fetch_add(1);
    const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                                 std::chrono::steady_clock::now().time_since_epoch())
                                 .count();
    std::int64_t next = next_report_.load();
    if (now < next || !next_report_.compare_exchange_strong(next, now + kReportSeconds)) return;
    telemetry::log(EZ_LOG_WARN,
                   "audit",
                   "no plugin keeps the operation log: " + std::to_string(unreported_.exchange(0)) +
                       " transaction(s) that change entities are noted in ez_unaudited_changes");
}

}  // namespace ezapi::host::changes
