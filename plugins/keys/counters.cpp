#include "counters.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ezapi/changes.hpp"
#include "projection.hpp"
#include "quota.hpp"

namespace ezapi::keys {

namespace {

constexpr std::int64_t kMostCounted = std::int64_t{1} << 53;
constexpr std::int64_t kLatestMicros = 253'402'300'799'000'000;  // the end of the year 9999

/// How the token of an item is looked up.
struct Lookup {
    const char* name;    // SQL: the search key, from key_id or token_hash
    const char* column;  // the column of `keys` that must equal it
};

/// The usual lookup: one index scan per item.
constexpr Lookup kByHash{
    "CASE WHEN key_id <> 0 THEN (SELECT k.token_hash FROM keys k WHERE k.id = given.key_id) "
    "ELSE token_hash END",
    "token_hash"};

/// Also finds hashes that a rotation replaced, and looks up by id. A lookup by hash would miss a
/// row whose hash is changed by a rotation that commits while the statement waits for the row lock.
constexpr Lookup kById{
    "CASE WHEN key_id <> 0 THEN key_id ELSE COALESCE("
    "(SELECT r.key_id FROM key_retiring_hashes r WHERE r.token_hash = given.token_hash), "
    "(SELECT k.id FROM keys k WHERE k.token_hash = given.token_hash)) END",
    "id"};

// Rows are locked in the order of their ids, so that two flushes never deadlock. They are updated
// by ctid, as seen by this statement, without a second scan. A row that another transaction has
// updated meanwhile has a new ctid, and a row that is named twice is updated once; both remain
// uncounted and are left to the next statement. Only that one looks up hashes that a rotation has
// replaced. A quota whose reset is due restarts with this usage: the reset job, which runs later,
// must not discard it.
//
// The result contains: the place of each item left uncounted, and whether its token was found; the
// hash of each token that Redis must get now; the id of each token whose delay begins (see
// quota_lag.hpp); and the usage per master. Only tokens with a quota are rendered differently after
// use.
std::string adding(const Lookup& lookup) {
    return R"(
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        WITH ORDINALITY AS g (key_id, token_hash, requests, tokens_in, tokens_out, used_at, place)
), named AS (
    SELECT place, requests, tokens_in, tokens_out, used_at, )" +
           std::string(lookup.name) + R"( AS name
    FROM given
), locked AS (
    SELECT k.ctid AS spot, k.quota_unshown = 0 AS shown, n.place, n.requests, n.tokens_in, n.tokens_out,
           n.tokens_in + n.tokens_out AS tokens, NULLIF(n.used_at, 0) AS used_at,
           k.status, k.quota_limit, k.quota_used, k.quota_unshown, COALESCE(k.quota_reset_at <= now(), false) AS due
    FROM named n JOIN keys k ON k.)" +
           lookup.column + R"( = n.name ORDER BY k.id FOR NO KEY UPDATE OF k
), begun AS (
    SELECT spot, shown, place, requests, tokens_in, tokens_out, tokens, used_at, quota_limit, due,
           CASE WHEN due THEN 0 ELSE quota_used END + tokens AS used,
           CASE WHEN due THEN 0 ELSE quota_unshown END + tokens AS unshown,
           CASE WHEN due THEN 0 ELSE quota_used - quota_unshown END AS told,
           CASE WHEN due AND status = 'exhausted' THEN 'active' ELSE status END AS status
    FROM locked
), figures AS (
    SELECT *, CASE WHEN status = 'active' AND used >= quota_limit THEN 'exhausted' ELSE status END AS next_status
    FROM begun
), counted AS (
    UPDATE keys k SET
        request_count = k.request_count + s.requests,
        tokens_in = k.tokens_in + s.tokens_in,
        tokens_out = k.tokens_out + s.tokens_out,
        quota_used = s.used,
        quota_unshown = CASE
            WHEN s.quota_limit IS NULL OR s.due OR s.next_status <> k.status
                OR (s.told < s.quota_limit AND s.unshown * )" +
           std::to_string(kQuotaSteps) + R"( >= s.quota_limit - s.told)
            THEN 0 ELSE s.unshown END,
        quota_reset_at = CASE WHEN s.due THEN )" +
           next_reset_sql("k.quota_reset") + R"( ELSE k.quota_reset_at END,
        last_used_at = GREATEST(k.last_used_at, timestamptz 'epoch' + s.used_at * interval '1 microsecond'),
        status = s.next_status,
        version = k.version + CASE WHEN s.next_status <> k.status THEN 1 ELSE 0 END,
        updated_at = CASE WHEN s.next_status <> k.status THEN now() ELSE k.updated_at END
    FROM figures s WHERE k.ctid = s.spot
    RETURNING s.place, k.id, k.master_id, k.token_hash, s.requests, s.tokens, s.shown AND k.quota_unshown <> 0 AS lags,
        s.quota_limit IS NOT NULL AND (s.tokens > 0 OR s.due) AND k.quota_unshown = 0 AS differs
)
SELECT g.place, l.place IS NOT NULL, NULL, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint FROM given g LEFT JOIN locked l USING (place)
    WHERE g.place NOT IN (SELECT place FROM counted)
UNION ALL
SELECT NULL, NULL, token_hash, NULL, NULL, NULL, NULL FROM counted WHERE differs
UNION ALL
SELECT NULL, NULL, r.token_hash, NULL, NULL, NULL, NULL FROM key_retiring_hashes r JOIN counted c ON c.id = r.key_id WHERE c.differs
UNION ALL
SELECT NULL, NULL, NULL, id, NULL, NULL, NULL FROM counted WHERE lags
UNION ALL
SELECT NULL, NULL, NULL, NULL, master_id, LEAST(sum(requests), 1e18)::bigint, LEAST(sum(tokens), 1e18)::bigint
    FROM counted GROUP BY master_id
)";
}

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

/// The sum over the items of one token. Texts refer to the items.
struct Sum {
    std::int64_t key_id = 0;
    std::string_view hash;  ///< empty when the id is given: it would name the token a second time
    std::int64_t requests = 0;
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;
    std::int64_t last_used_at = 0;

    void add(const ez_key_usage& item) {
        add(requests, item.requests);
        add(tokens_in, item.tokens_in);
        add(tokens_out, item.tokens_out);
        last_used_at = std::max(last_used_at, item.last_used_at);
    }

private:
    static void add(std::int64_t& sum, std::int64_t more) {
        if (more > std::numeric_limits<std::int64_t>::max() - sum)
            throw Error(EZ_INVALID, "items: the counters of one token add up to more than 2^63");
        sum += more;
    }
};

class Sums {
public:
    explicit Sums(const Strided<ez_key_usage>& items) {
        sum_of_.reserve(items.size());
        sums_.reserve(items.size());
        hashes_.reserve(items.size());
        for (size_t i = 0; i < items.size(); ++i) {
            const ez_key_usage item = items[i];
            check_item(item, i);
            sum_of_.push_back(place_of(item));
            sums_[sum_of_.back()].add(item);
        }
    }

    [[nodiscard]] const Sum& operator[](size_t i) const { return sums_[i]; }

    [[nodiscard]] std::vector<size_t> all() const {
        std::vector<size_t> out(sums_.size());
        std::iota(out.begin(), out.end(), size_t{0});
        return out;
    }

    /// Sets the marks of the items of these sums to 1 and all others to 0.
    void mark(const std::vector<size_t>& chosen, std::int32_t* marks) const {
        std::vector<std::int32_t> marked(sums_.size(), 0);
        for (const size_t i : chosen) marked[i] = 1;
        for (const size_t i : sum_of_) *marks++ = marked[i];
    }

private:
    size_t place_of(const ez_key_usage& item) {
        const std::string_view hash = item.key_id != 0 ? std::string_view{} : view(item.token_hash);
        const size_t next = sums_.size();
        const size_t place = item.key_id != 0 ? ids_.try_emplace(item.key_id, next).first->second
                                              : hashes_.try_emplace(hash, next).first->second;
        if (place == next) sums_.push_back({.key_id = item.key_id, .hash = hash});
        return place;
    }

    std::vector<Sum> sums_;
    std::vector<size_t> sum_of_;  ///< for each item
    std::unordered_map<std::int64_t, size_t> ids_;
    std::unordered_map<std::string_view, size_t> hashes_;
};

std::string integers(const Sums& sums, std::span<const size_t> chosen, std::int64_t Sum::*member) {
    return pg_array(chosen | std::views::transform([&](size_t i) { return sums[i].*member; }));
}

/// Returns {} in the usual case that no token is given by its id; unnest() yields NULLs for it.
std::string ids(const Sums& sums, std::span<const size_t> chosen) {
    const bool any = std::ranges::any_of(chosen, [&](size_t i) { return sums[i].key_id != 0; });
    return any ? integers(sums, chosen, &Sum::key_id) : "{}";
}

/// What a statement has left uncounted.
struct Left {
    std::vector<size_t> sums;
    bool found = false;  ///< true when at least one of them names a token
};

/// Further results of the statements.
struct Noted {
    std::vector<std::int64_t> lagging;
    std::vector<MasterUsage> masters;
};

Left add_some(Tx& tx,
              const std::string& statement,
              const Sums& sums,
              std::span<const size_t> chosen,
              Noted& noted) {
    std::vector<std::string_view> hashes;
    hashes.reserve(chosen.size());
    for (const size_t i : chosen) hashes.push_back(sums[i].hash);
    const Rows rows = tx.query(statement,
                               {ids(sums, chosen),
                                pg_array(hashes),
                                integers(sums, chosen, &Sum::requests),
                                integers(sums, chosen, &Sum::tokens_in),
                                integers(sums, chosen, &Sum::tokens_out),
                                integers(sums, chosen, &Sum::last_used_at)});
    Left left;
    for (size_t row = 0; row < rows.size(); ++row) {
        if (!rows.is_null(row, 0)) {
            left.sums.push_back(chosen[static_cast<size_t>(rows.integer(row, 0)) - 1]);
            left.found = left.found || rows.boolean(row, 1);
        }
        if (!rows.is_null(row, 3)) noted.lagging.push_back(rows.integer(row, 3));
        if (!rows.is_null(row, 4))
            noted.masters.push_back(
                {rows.integer(row, 4), rows.integer(row, 5), rows.integer(row, 6)});
    }
    touch_all(tx, rows, 2);
    return left;
}

}  // namespace

void add_usage(Tx& tx,
               const Strided<ez_key_usage>& items,
               std::int32_t* unknown,
               const Masters& masters,
               const std::shared_ptr<QuotaLag>& lag) {
    if (items.empty()) return;
    static const std::string first = adding(kByHash);
    static const std::string next = adding(kById);
    const Sums sums(items);
    Noted noted;
    Left left = add_some(tx, first, sums, sums.all(), noted);
    // The loop terminates: a row that was found is now locked, so the next statement counts it.
    for (bool again = !left.sums.empty(); again; again = left.found)
        left = add_some(tx, next, sums, left.sums, noted);
    sums.mark(left.sums, unknown);
    // Tokens first, then the quotas of their masters: the common lock order.
    touch_tokens_of(tx, masters.use(tx, noted.masters));
    if (noted.lagging.empty()) return;
    // The lambda owns `lag`: the caller's transaction may end after this plugin has stopped.
    tx.after([lag, lagging = std::move(noted.lagging)](int committed) {
        if (committed != 0) lag->note(lagging);
    });
}

}  // namespace ezapi::keys
