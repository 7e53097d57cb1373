#include "counters.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ezapi/changes.hpp"
#include "projection.hpp"

namespace ezapi::keys {

namespace {

constexpr std::int64_t kMostCounted = std::int64_t{1} << 53;
constexpr std::int64_t kLatestMicros = 253'402'300'799'000'000;  // the end of the year 9999

/// How a hash of a report is looked up: as it is, or also among those that a rotation replaced.
constexpr const char* kAsNamed = "token_hash";
constexpr const char* kAsRotated =
    "COALESCE((SELECT k.token_hash FROM key_retiring_hashes r JOIN keys k ON k.id = r.key_id"
    " WHERE r.token_hash = given.token_hash), token_hash)";

// A token is found by its hash, one index scan each, and an id is turned into the hash first. Rows
// are locked in the order of their ids, so that two flushes never wait for each other, and counted
// where the lock found them, without another scan: at the place (ctid) that this statement sees. A
// row that another transaction moved meanwhile is not at it, and one with two names here is changed
// once; both stay uncounted, and are for the next statement to see. Only that one looks for hashes
// that a rotation has replaced.
// The result: a place for each item left uncounted, and whether its token was found; a hash for
// each token that Redis must learn anew; the id of each that it learns later, when that begins.
// Only a token with a quota looks different after being used; see quota_lag.hpp.
std::string adding(const std::string& hash) {
    return R"(
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        WITH ORDINALITY AS g (key_id, token_hash, requests, tokens_in, tokens_out, used_at, place)
), named AS (
    SELECT place, requests, tokens_in, tokens_out, used_at,
        CASE WHEN key_id <> 0 THEN (SELECT k.token_hash FROM keys k WHERE k.id = given.key_id)
             ELSE )" +
           hash + R"( END AS token_hash
    FROM given
), locked AS (
    SELECT k.ctid AS spot, k.quota_unshown = 0 AS shown,
           n.place, n.requests, n.tokens_in, n.tokens_out, NULLIF(n.used_at, 0) AS used_at
    FROM named n JOIN keys k ON k.token_hash = n.token_hash ORDER BY k.id FOR NO KEY UPDATE OF k
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
           std::to_string(kQuotaSteps) + R"( >= k.quota_limit - (k.quota_used - k.quota_unshown))
            THEN 0 ELSE k.quota_unshown + s.tokens_in + s.tokens_out END,
        last_used_at = GREATEST(k.last_used_at, timestamptz 'epoch' + s.used_at * interval '1 microsecond'),
        status = CASE WHEN k.status = 'active' AND k.quota_used + s.tokens_in + s.tokens_out >= k.quota_limit
                      THEN 'exhausted' ELSE k.status END,
        version = k.version + CASE WHEN k.status = 'active'
            AND k.quota_used + s.tokens_in + s.tokens_out >= k.quota_limit THEN 1 ELSE 0 END,
        updated_at = CASE WHEN k.status = 'active'
            AND k.quota_used + s.tokens_in + s.tokens_out >= k.quota_limit THEN now() ELSE k.updated_at END
    FROM locked s WHERE k.ctid = s.spot
    RETURNING s.place, k.id, k.token_hash, s.shown AND k.quota_unshown <> 0 AS lags,
        k.quota_limit IS NOT NULL AND s.tokens_in + s.tokens_out > 0 AND k.quota_unshown = 0 AS differs
)
SELECT g.place, l.place IS NOT NULL, NULL, NULL::bigint FROM given g LEFT JOIN locked l USING (place)
    WHERE g.place NOT IN (SELECT place FROM counted)
UNION ALL
SELECT NULL, NULL, token_hash, NULL FROM counted WHERE differs
UNION ALL
SELECT NULL, NULL, r.token_hash, NULL FROM key_retiring_hashes r JOIN counted c ON c.id = r.key_id WHERE c.differs
UNION ALL
SELECT NULL, NULL, NULL, id FROM counted WHERE lags
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

/// What the items of one name add up to. Texts are borrowed from the items.
struct Sum {
    std::int64_t key_id = 0;
    std::string_view hash;  ///< empty beside an id: it would name the token a second time
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
    explicit Sums(std::span<const ez_key_usage> items) {
        sum_of_.reserve(items.size());
        sums_.reserve(items.size());
        hashes_.reserve(items.size());
        for (size_t i = 0; i < items.size(); ++i) {
            check_item(items[i], i);
            sum_of_.push_back(place_of(items[i]));
            sums_[sum_of_.back()].add(items[i]);
        }
    }

    [[nodiscard]] const Sum& operator[](size_t i) const { return sums_[i]; }

    [[nodiscard]] std::vector<size_t> all() const {
        std::vector<size_t> out(sums_.size());
        std::iota(out.begin(), out.end(), size_t{0});
        return out;
    }

    /// Marks the items of these sums with 1 and all others with 0.
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
    std::string out = "{";
    for (const size_t i : chosen) {
        if (out.size() > 1) out += ',';
        out += std::to_string(sums[i].*member);
    }
    return out += '}';
}

/// Empty where no token is named by its id, which is the rule: unnest() makes that NULL.
std::string ids(const Sums& sums, std::span<const size_t> chosen) {
    const bool any = std::ranges::any_of(chosen, [&](size_t i) { return sums[i].key_id != 0; });
    return any ? integers(sums, chosen, &Sum::key_id) : "{}";
}

/// What one statement has left uncounted.
struct Left {
    std::vector<size_t> sums;
    bool found = false;  ///< one of them at least names a token
};

Left add_some(Tx& tx,
              const std::string& statement,
              const Sums& sums,
              std::span<const size_t> chosen,
              std::vector<std::int64_t>& lagging) {
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
        if (!rows.is_null(row, 3)) lagging.push_back(rows.integer(row, 3));
    }
    touch_all(tx, rows, 2);
    return left;
}

}  // namespace

void add_usage(Tx& tx,
               std::span<const ez_key_usage> items,
               std::int32_t* unknown,
               const std::shared_ptr<QuotaLag>& lag) {
    if (items.empty()) return;
    static const std::string first = adding(kAsNamed);
    static const std::string next = adding(kAsRotated);
    const Sums sums(items);
    std::vector<std::int64_t> lagging;
    Left left = add_some(tx, first, sums, sums.all(), lagging);
    // A row that was found is locked, so that a following statement counts it: the loop ends.
    for (bool again = !left.sums.empty(); again; again = left.found)
        left = add_some(tx, next, sums, left.sums, lagging);
    sums.mark(left.sums, unknown);
    if (lagging.empty()) return;
    // The end of the caller's transaction may come after that of this plugin.
    tx.after([lag, lagging = std::move(lagging)](int committed) {
        if (committed != 0) lag->note(lagging);
    });
}

}  // namespace ezapi::keys
