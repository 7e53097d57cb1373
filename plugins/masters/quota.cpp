#include "quota.hpp"

#include <string>

#include "ezapi/changes.hpp"
#include "ezapi/time.hpp"

namespace ezapi::masters {

namespace {

constexpr std::int64_t kMost = 1'000'000'000'000'000;

/// SQL: the first reset after now(); NULL for "none". Sessions run in UTC.
#define EZ_NEXT_RESET(period)                                                  \
    "CASE " period                                                             \
    " WHEN 'daily' THEN date_trunc('day', now(), 'UTC') + interval '1 day' "   \
    "WHEN 'weekly' THEN date_trunc('week', now(), 'UTC') + interval '1 week' " \
    "WHEN 'monthly' THEN date_trunc('month', now(), 'UTC') + interval '1 month' END"

/// SQL: an expression over master_usage for a row of masters; `none` when there is no limit or no
/// row.
#define EZ_OF_USAGE(expression, none)                                          \
    "CASE WHEN quota_limit IS NULL AND quota_request_limit IS NULL THEN " none \
    " ELSE COALESCE((SELECT " expression                                       \
    " FROM master_usage u WHERE u.master_id = masters.id), " none ") END"

constexpr const char* kUsed = EZ_OF_USAGE("u.tokens", "0");
constexpr const char* kRequestsUsed = EZ_OF_USAGE("u.requests", "0");
// The answer to a creation is rendered before the row of master_usage exists.
constexpr const char* kResetAt =
    "CASE WHEN quota_limit IS NOT NULL OR quota_request_limit IS NOT NULL THEN "
    "COALESCE((SELECT u.quota_reset_at FROM master_usage u WHERE u.master_id = "
    "masters.id), " EZ_NEXT_RESET("quota_reset") ") END";

#define EZ_INSERT                                                                          \
    "INSERT INTO master_usage (master_id, quota_limit, quota_request_limit, quota_reset, " \
    "quota_reset_at) VALUES ($1, $2, $3, $4, " EZ_NEXT_RESET("$4::text") ")"

constexpr const char* kInsert = EZ_INSERT;

constexpr const char* kUpsert = EZ_INSERT
    " ON CONFLICT (master_id) DO UPDATE SET quota_limit = EXCLUDED.quota_limit, "
    "quota_request_limit = EXCLUDED.quota_request_limit, quota_reset = EXCLUDED.quota_reset, "
    "quota_reset_at = CASE WHEN master_usage.quota_reset = EXCLUDED.quota_reset "
    "THEN master_usage.quota_reset_at ELSE EXCLUDED.quota_reset_at END, "
    "exhausted = COALESCE(master_usage.tokens >= EXCLUDED.quota_limit, false) "
    "OR COALESCE(master_usage.requests >= EXCLUDED.quota_request_limit, false)";

// Rows are locked in the order of their ids, so that two reports never deadlock. A quota whose
// reset is due restarts with this usage.
constexpr const char* kUse = R"(
WITH given AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS g (master_id, requests, tokens)
), summed AS (
    SELECT master_id, sum(requests) AS requests, sum(tokens) AS tokens FROM given GROUP BY master_id
), locked AS (
    SELECT u.master_id, u.exhausted AS was, COALESCE(u.quota_reset_at <= now(), false) AS due,
           u.requests AS had_requests, u.tokens AS had_tokens, s.requests, s.tokens
    FROM summed s JOIN master_usage u USING (master_id) ORDER BY u.master_id FOR NO KEY UPDATE OF u
), figures AS (
    SELECT master_id, was, due, LEAST(CASE WHEN due THEN 0 ELSE had_requests END + requests, 4e18)::bigint AS requests,
           LEAST(CASE WHEN due THEN 0 ELSE had_tokens END + tokens, 4e18)::bigint AS tokens
    FROM locked
), moved AS (
    UPDATE master_usage u SET requests = f.requests, tokens = f.tokens,
        quota_reset_at = CASE WHEN f.due THEN )" EZ_NEXT_RESET(
    "u.quota_reset") R"( ELSE u.quota_reset_at END,
        exhausted = COALESCE(f.tokens >= u.quota_limit, false) OR COALESCE(f.requests >= u.quota_request_limit, false)
    FROM figures f WHERE u.master_id = f.master_id
    RETURNING u.master_id, f.was, u.exhausted
)
SELECT master_id, was FROM moved WHERE exhausted <> was ORDER BY master_id)";

constexpr const char* kReset =
    "WITH due AS (SELECT master_id, exhausted FROM master_usage WHERE quota_reset_at <= now() "
    "ORDER BY quota_reset_at LIMIT $1 FOR UPDATE SKIP LOCKED) "
    "UPDATE master_usage u SET tokens = 0, requests = 0, exhausted = false, quota_reset_at = "
    EZ_NEXT_RESET("u.quota_reset")
    " FROM due WHERE u.master_id = due.master_id RETURNING u.master_id, due.exhausted";

// A deletion leaves its usage row behind, because it must not lock it before the tokens.
constexpr const char* kPurge =
    "DELETE FROM master_usage u WHERE NOT EXISTS (SELECT 1 FROM masters m WHERE m.id = "
    "u.master_id)";

/// Records which masters became exhausted or usable again. Columns of `turned`: the id, and whether
/// the master was exhausted before. `only_exhausted`: the rows are resets, which change only the
/// state of exhausted masters.
void tell_turns(Tx& tx, const Rows& turned, bool only_exhausted) {
    constexpr std::string_view kUsable = R"({"quota_exhausted":false})";
    constexpr std::string_view kUsedUp = R"({"quota_exhausted":true})";
    std::vector<Change> changes;
    for (size_t row = 0; row < turned.size(); ++row) {
        const bool was = turned.boolean(row, 1);
        if (only_exhausted && !was) continue;
        changes.push_back({.resource = "masters",
                           .id = turned.text(row, 0),
                           .action = EZ_UPDATED,
                           .before = was ? kUsedUp : kUsable,
                           .after = was ? kUsable : kUsedUp});
    }
    if (!changes.empty()) tx.changed(changes);
}

/// Records one change for the whole batch, as for resets of tokens.
void tell_resets(Tx& tx, const Rows& reset) {
    Json ids = Json::array();
    for (size_t row = 0; row < reset.size(); ++row) ids.push_back(reset.integer(row, 0));
    const std::string id = format_time(now());
    const std::string after = dump_json({{"count", ids.size()}, {"master_ids", std::move(ids)}});
    tx.changed(
        {.resource = "quota-resets", .id = id, .action = EZ_CREATED, .before = {}, .after = after});
}

bool has_limit(const Json& master) {
    return !master.at("quota_limit").is_null() || !master.at("quota_request_limit").is_null();
}

std::vector<Param> row_of(std::int64_t id, const Json& master) {
    const auto limit = [&master](const char* name) {
        const Json& value = master.at(name);
        return value.is_null() ? Param(std::nullopt) : Param(value.get<std::int64_t>());
    };
    return {id,
            limit("quota_limit"),
            limit("quota_request_limit"),
            std::string_view(master.at("quota_reset").get_ref<const std::string&>())};
}

Field used(std::string name, const char* expression, std::string about) {
    return integer(std::move(name))
        .computed(expression)
        .live()
        .default_to(0)
        .about(std::move(about));
}

Field limit(std::string name, std::string about) {
    return integer(std::move(name)).nullable().range(1, kMost).guarded().about(std::move(about));
}

}  // namespace

const char* const kExhausted = EZ_OF_USAGE("u.exhausted", "false");

std::vector<Field> quota_fields() {
    return fields(
        limit("quota_limit",
              "Tokens, in and out, that all of its tokens together may use until the next reset; "
              "null: no limit. When it is reached, each of them is exhausted"),
        limit("quota_request_limit",
              "Requests that all of its tokens together may make until the next reset; null: no "
              "limit"),
        choice("quota_reset", {"none", "daily", "weekly", "monthly"})
            .default_to("none")
            .guarded()
            .about("At midnight UTC of every day, every Monday, or the first of every month"),
        used("quota_used", kUsed, "Tokens used since the last reset, or since a limit was set"),
        used("quota_requests_used",
             kRequestsUsed,
             "Requests made since the last reset, or since a limit was set"),
        time("quota_reset_at").nullable().computed(kResetAt).live().about("The next reset"),
        boolean("quota_exhausted")
            .computed(kExhausted)
            .live()
            .default_to(false)
            .about("Whether a limit is reached: all of its tokens are exhausted until the next "
                   "reset"));
}

void begin_quota(Tx& tx, const Record& master) {
    if (has_limit(master.data)) tx.query(kInsert, row_of(master.id, master.data));
}

void follow_limits(Tx& tx, const Draft& draft) {
    if (!draft.changes("quota_limit") && !draft.changes("quota_request_limit") &&
        !draft.changes("quota_reset"))
        return;
    if (!has_limit(draft.after)) {
        tx.query("DELETE FROM master_usage WHERE master_id = $1", {draft.id});
        return;
    }
    tx.query(kUpsert, row_of(draft.id, draft.after));
}

std::vector<std::int64_t> use(Tx& tx, const Strided<ez_master_usage>& usage) {
    std::string ids = "{";
    std::string requests = "{";
    std::string tokens = "{";
    for (const ez_master_usage& one : usage) {
        const char* comma = ids.size() > 1 ? "," : "";
        ids += comma + std::to_string(one.master_id);
        requests += comma + std::to_string(one.requests);
        tokens += comma + std::to_string(one.tokens);
    }
    const Rows rows = tx.query(kUse, {ids + "}", requests + "}", tokens + "}"});
    std::vector<std::int64_t> turned;
    for (size_t row = 0; row < rows.size(); ++row) turned.push_back(rows.integer(row, 0));
    tell_turns(tx, rows, /*only_exhausted=*/false);
    return turned;
}

Reset reset(Tx& tx, std::int64_t most) {
    tx.query(kPurge);
    const Rows rows = tx.query(kReset, {most});
    Reset out;
    out.more = static_cast<std::int64_t>(rows.size()) == most;
    for (size_t row = 0; row < rows.size(); ++row) {
        if (rows.boolean(row, 1)) out.usable.push_back(rows.integer(row, 0));
    }
    if (!rows.empty()) tell_resets(tx, rows);
    tell_turns(tx, rows, /*only_exhausted=*/true);
    return out;
}

}  // namespace ezapi::masters
