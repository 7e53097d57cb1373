#include "issuing.hpp"

#include "ceiling.hpp"
#include "ezapi/credential.hpp"
#include "limits.hpp"
#include "quota.hpp"

namespace ezapi::keys {

namespace {

std::optional<Timestamp> time_of(const Json& value) {
    return value.is_null() ? std::nullopt : parse_time(value.get_ref<const std::string&>());
}

const char* settled_status(const Json& token, Timestamp at) {
    if (token.at("status") == "suspended") return "suspended";
    const auto expires = time_of(token.at("expires_at"));
    if (expires && *expires <= at) return "expired";
    const Json& limit = token.at("quota_limit");
    if (!limit.is_null() && token.at("quota_used").get<std::int64_t>() >= limit.get<std::int64_t>())
        return "exhausted";
    return "active";
}

bool reaches_for_more(const Draft& draft) {
    return draft.creates() || draft.changes("group") || draft.changes("namespaces") ||
           draft.changes("default_namespace") || draft.changes("qps_limit");
}

/// Why a token cannot be active although a client asks for it, and what would change that.
std::string inactive_cause(const Json& token) {
    if (token.at("status") == "expired")
        return "it expired at " + token.at("expires_at").get<std::string>() +
               ": set a later expires_at, or null";
    std::string out = "its quota is exhausted, " + dump_json(token.at("quota_used")) + " of " +
                      dump_json(token.at("quota_limit")) + " tokens: raise quota_limit";
    const Json& reset = token.at("quota_reset_at");
    return out + (reset.is_null() ? std::string(", or set it to null")
                                  : ", or wait for its reset at " + reset.get<std::string>());
}

}  // namespace

Issued issue_token(const Master& master) {
    const std::string token = credential::issue(kTokenPrefix);
    return {{{"token_hash", sha256_hex(token)},
             {"prefix", token.substr(0, credential::kShown)},
             {"epoch", master.epoch}},
            {{"token", token}}};
}

void Issuing::prepare(Tx& tx, Draft& draft) const {
    settle(draft, now());
    apply_ceilings(draft, tx.origin().identity->kind == EZ_ADMIN ? Author::admin : Author::tenant);
    if (!reaches_for_more(draft)) return;
    // Share-locked during creation: a concurrent suspension of the master or end of its epoch
    // waits, and then sees this token among those that it must mark for Redis.
    const Master master = masters_.one(tx,
                                       draft.after.at("master_id").get<std::int64_t>(),
                                       draft.creates() ? EZ_MASTER_SHARE : EZ_MASTER_READ);
    check_limits(draft, master);
    report_missing(draft, namespaces_.missing(tx, unproven_namespaces(draft, master)));
    if (!draft.creates() || !draft.faults.empty()) return;
    admit(tx, master);
    Issued issued = issue_token(master);
    draft.after.update(issued.columns);
    draft.reveal = std::move(issued.reveal);
}

void Issuing::admit(Tx& tx, const Master& master) const {
    if (master.status != "active" && tx.origin().identity->kind == EZ_MASTER)
        throw Error(EZ_DENIED, "master " + std::to_string(master.id) + ": suspended");
    if (master.max_child_keys == 0) return;
    // Creations are serialized when there is a limit. The lock on the master is shared; upgrading
    // it would deadlock two concurrent creations.
    tx.query("SELECT pg_advisory_xact_lock(hashtextextended('keys of master ' || $1::text, 0))",
             {master.id});
    const auto count =
        tx.query("SELECT count(*) FROM keys WHERE master_id = $1", {master.id}).integer(0, 0);
    if (count < master.max_child_keys) return;
    throw Error(EZ_CONFLICT,
                "master " + std::to_string(master.id) + ": may have " +
                    std::to_string(master.max_child_keys) + " tokens and has " +
                    std::to_string(count))
        .with_code("max_child_keys");
}

void settle(Draft& draft, Timestamp at) {
    Json& token = draft.after;
    const Json& status = token.at("status");
    if (draft.changes("status") && status != "active" && status != "suspended")
        draft.faults.add("status",
                         "choice",
                         "expected active or suspended; expired and exhausted follow from "
                         "expires_at and the quota");
    const auto expires = time_of(token.at("expires_at"));
    if (draft.creates() && expires && *expires <= at)
        draft.faults.add("expires_at",
                         "range",
                         "expected a time to come, found " + token.at("expires_at").dump());
    const bool asks_for_active = !draft.creates() && draft.changes("status") && status == "active";
    token["status"] = settled_status(token, at);
    // Answering 200 without changing the status would suggest that the token works again.
    if (asks_for_active && token.at("status") != "active" && !draft.changes("status"))
        draft.faults.add("status", "inactive", inactive_cause(token));
    if (!draft.changes("quota_reset")) return;
    const auto reset = next_reset(token.at("quota_reset").get_ref<const std::string&>(), at);
    token["quota_reset_at"] = reset ? Json(format_time(*reset)) : Json();
}

}  // namespace ezapi::keys
