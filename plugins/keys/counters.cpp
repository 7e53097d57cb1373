#include "counters.hpp"

#include <algorithm>
#include <vector>

#include "ezapi/changes.hpp"
#include "projection.hpp"

namespace ezapi::keys {

namespace {

constexpr std::int64_t kMostCounted = std::int64_t{1} << 53;
constexpr std::int64_t kLatestMicros = 253'402'300'799'000'000;  // the end of the year 9999

// Tokens are looked up one by one, each by an index: LIMIT keeps the planner from reading all of
// them. Rows are locked in the order of their ids, so that two flushes never wait for each other.
// The result: a place for each item that names no token, a hash for each token that Redis must
// learn anew, the id of each that it learns later. Only a token with a quota looks different after
// being used; see quota_lag.hpp.
const std::string kAdd = R"(
WITH given AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        WITH ORDINALITY AS g (key_id, token_hash, requests, tokens_in, tokens_out, used_at, place)
), known AS (
    SELECT g.place, k.id FROM given g
        CROSS JOIN LATERAL (SELECT id FROM keys WHERE id = g.key_id LIMIT 1) AS k WHERE g.key_id <> 0
    UNION ALL
    SELECT g.place, k.id FROM given g
        CROSS JOIN LATERAL (SELECT id FROM keys WHERE token_hash = g.token_hash LIMIT 1) AS k
        WHERE g.token_hash <> ''
    UNION ALL
    SELECT g.place, r.key_id FROM given g JOIN key_retiring_hashes r ON r.token_hash = g.token_hash
), sums AS (
    SELECT n.id, sum(g.requests)::bigint AS requests, sum(g.tokens_in)::bigint AS tokens_in,
           sum(g.tokens_out)::bigint AS tokens_out, max(NULLIF(g.used_at, 0)) AS used_at
    FROM known n JOIN given g USING (place) GROUP BY n.id
), locked AS (
    SELECT k.id FROM keys k JOIN sums s USING (id) ORDER BY k.id FOR UPDATE OF k
), counted AS (
    UPDATE keys k SET
        request_count = k.request_count + s.requests,
        tokens_in = k.tokens_in + s.tokens_in,
        tokens_out = k.tokens_out + s.tokens_out,
        quota_used = k.quota_used + s.tokens_in + s.tokens_out,
        quota_unshown = CASE
            WHEN k.quota_limit IS NULL
                OR (k.status = 'active' AND k.quota_used + s.tokens_in + s.tokens_out >= k.quota_limit)
                OR (k.quota_used - k.quota_unshown < k.quota_limit
                    AND (k.quota_unshown + s.tokens_in + s.tokens_out) * )" +
                         std::to_string(kQuotaSteps) +
                         R"( >= k.quota_limit - (k.quota_used - k.quota_unshown))
            THEN 0 ELSE k.quota_unshown + s.tokens_in + s.tokens_out END,
        last_used_at = GREATEST(k.last_used_at, timestamptz 'epoch' + s.used_at * interval '1 microsecond'),
        status = CASE WHEN k.status = 'active' AND k.quota_used + s.tokens_in + s.tokens_out >= k.quota_limit
                      THEN 'exhausted' ELSE k.status END,
        version = k.version + CASE WHEN k.status = 'active'
            AND k.quota_used + s.tokens_in + s.tokens_out >= k.quota_limit THEN 1 ELSE 0 END,
        updated_at = CASE WHEN k.status = 'active'
            AND k.quota_used + s.tokens_in + s.tokens_out >= k.quota_limit THEN now() ELSE k.updated_at END
    FROM sums s JOIN locked l USING (id) WHERE k.id = s.id
    RETURNING k.id, k.token_hash, k.quota_unshown <> 0 AS lags,
        k.quota_limit IS NOT NULL AND s.tokens_in + s.tokens_out > 0 AND k.quota_unshown = 0 AS differs
)
SELECT place, NULL, NULL::bigint FROM given WHERE place NOT IN (SELECT place FROM known)
UNION ALL
SELECT NULL, token_hash, NULL FROM counted WHERE differs
UNION ALL
SELECT NULL, r.token_hash, NULL FROM key_retiring_hashes r JOIN counted c ON c.id = r.key_id WHERE c.differs
UNION ALL
SELECT NULL, NULL, id FROM counted WHERE lags
)";

void check_item(const ez_key_usage& item, size_t index) {
    const auto countable = [](std::int64_t number) {
        return number >= 0 && number <= kMostCounted;
    };
    if (countable(item.requests) && countable(item.tokens_in) && countable(item.tokens_out) &&
        item.last_used_at >= 0 && item.last_used_at <= kLatestMicros)
        return;
    throw Error(EZ_INVALID,
                "items/" + std::to_string(index) +
                    ": expected counters from 0 to 2^53 and a time before the year 10000");
}

template <class Member>
std::string integers(std::span<const ez_key_usage> items, Member ez_key_usage::*member) {
    std::string out = "{";
    for (const ez_key_usage& item : items)
        out += (out.size() > 1 ? "," : "") + std::to_string(item.*member);
    return out + "}";
}

}  // namespace

void add_usage(Tx& tx,
               std::span<const ez_key_usage> items,
               std::int32_t* unknown,
               const std::shared_ptr<QuotaLag>& lag) {
    if (items.empty()) return;
    std::vector<std::string_view> hashes;
    hashes.reserve(items.size());
    for (size_t i = 0; i < items.size(); ++i) {
        check_item(items[i], i);
        // An item is known by one of the two; a hash beside an id would count twice.
        hashes.push_back(items[i].key_id != 0 ? std::string_view{} : view(items[i].token_hash));
    }
    std::fill_n(unknown, items.size(), 0);
    const Rows rows = tx.query(kAdd,
                               {integers(items, &ez_key_usage::key_id),
                                pg_array(hashes),
                                integers(items, &ez_key_usage::requests),
                                integers(items, &ez_key_usage::tokens_in),
                                integers(items, &ez_key_usage::tokens_out),
                                integers(items, &ez_key_usage::last_used_at)});
    std::vector<std::int64_t> lagging;
    for (size_t row = 0; row < rows.size(); ++row) {
        if (!rows.is_null(row, 0)) unknown[static_cast<size_t>(rows.integer(row, 0)) - 1] = 1;
        if (!rows.is_null(row, 2)) lagging.push_back(rows.integer(row, 2));
    }
    touch_all(tx, rows, 1);
    if (lagging.empty()) return;
    // The end of the caller's transaction may come after that of this plugin.
    tx.after([lag, lagging = std::move(lagging)](int committed) {
        if (committed != 0) lag->note(lagging);
    });
}

}  // namespace ezapi::keys
