#include "host/http/policy/session_store.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "host/db/pools.hpp"

namespace ezapi::host::http {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kResource = "sessions";

/// A session as JSON text, with times as the API writes them.
constexpr const char* kShown =
    "json_build_object('id', id, 'scope', scope, 'client_ip', client_ip, 'created_at', "
    "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), 'expires_at', "
    "to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'))::text";

}  // namespace

void SessionStore::opened(const OpenedSession& session, std::string_view client_ip) {
    const auto transaction = pools_.begin("main");
    const std::string expires = std::to_string(session.expires);
    const std::array params{
        db::param(session.id), db::param(session.scope), db::param(client_ip), db::param(expires)};
    const auto rows = transaction->query(
        std::string("INSERT INTO ez_sessions (id, scope, client_ip, expires_at) VALUES ($1, $2, "
                    "NULLIF($3, ''), to_timestamp($4::bigint)) RETURNING ") +
            kShown,
        params);
    transaction->changed({EZ_CREATED, kResource, session.id, {}, std::string(rows.text(0, 0))});
    transaction->commit();
}

std::string SessionStore::page(size_t limit, std::optional<int64_t> before) {
    const std::string last = before ? std::to_string(*before) : std::string();
    const std::string count = std::to_string(limit + 1);
    const std::array params{before ? db::param(last) : db::null_param(), db::param(count)};
    const auto rows =
        pools_.query("main",
                     std::string("SELECT number, ") + kShown +
                         " FROM ez_sessions WHERE revoked_at IS NULL AND expires_at > now() AND "
                         "($1::bigint IS NULL OR number < $1) ORDER BY number DESC LIMIT $2",
                     params);
    const size_t shown = std::min(rows.rows(), limit);
    Json data = Json::array();
    for (size_t row = 0; row < shown; ++row) data.push_back(Json::parse(rows.text(row, 1)));
    Json next;
    if (rows.rows() > shown) next = std::string(rows.text(shown - 1, 0));
    return Json{{"data", std::move(data)}, {"next_cursor", std::move(next)}}.dump();
}

bool SessionStore::revoke(const std::string& id) {
    const auto transaction = pools_.begin("main");
    const std::array params{db::param(id)};
    const auto rows = transaction->query(
        std::string("UPDATE ez_sessions SET revoked_at = now() WHERE id = $1 AND revoked_at IS "
                    "NULL AND expires_at > now() RETURNING extract(epoch FROM "
                    "expires_at)::bigint, ") +
            kShown,
        params);
    if (rows.empty()) return false;
    const RevokedSession revoked{id, rows.integer(0, 0)};
    transaction->changed({EZ_DELETED, kResource, id, std::string(rows.text(0, 1)), {}});
    transaction->commit();
    revocations_->add(revoked);
    return true;
}

void SessionStore::refresh() {
    const auto asked = Revocations::Clock::now();
    const auto rows =
        pools_.query("main",
                     "SELECT id, extract(epoch FROM expires_at)::bigint FROM ez_sessions WHERE "
                     "revoked_at IS NOT NULL AND expires_at > now()");
    std::vector<RevokedSession> known;
    for (size_t row = 0; row < rows.rows(); ++row)
        known.push_back({std::string(rows.text(row, 0)), rows.integer(row, 1)});
    revocations_->refresh(std::move(known), asked, std::time(nullptr));
}

int64_t SessionStore::purge() {
    constexpr int64_t kBatch = 1000;
    int64_t purged = 0;
    while (true) {
        const auto rows = pools_.query(
            "main",
            "DELETE FROM ez_sessions WHERE ctid = ANY (ARRAY(SELECT ctid FROM ez_sessions WHERE "
            "expires_at < now() - interval '1 day' LIMIT 1000))");
        purged += rows.affected();
        if (rows.affected() < kBatch) return purged;
    }
}

}  // namespace ezapi::host::http
