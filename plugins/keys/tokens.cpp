#include "tokens.hpp"

#include <algorithm>

namespace ezapi::keys {

namespace {

const std::string kColumns =
    "k.id, k.version, k.master_id, k.name, k.status, k.namespaces, k.default_namespace, k.models, "
    "k.models_denied, k.ip_allow, k.ip_deny, k.quota_limit, k.quota_used - k.quota_unshown, "
    "k.qps_limit";
const std::string kPresent =
    "SELECT k.token_hash, k.epoch, floor(extract(epoch FROM k.expires_at))::bigint, " + kColumns +
    " FROM keys k WHERE ";
const std::string kRetiring =
    "SELECT r.token_hash, r.epoch, "
    "floor(extract(epoch FROM LEAST(k.expires_at, r.valid_until)))::bigint, " +
    kColumns +
    " FROM key_retiring_hashes r JOIN keys k ON k.id = r.key_id WHERE r.valid_until > now() AND ";

const std::string kByHash = kPresent + "k.token_hash = ANY($1::text[]) UNION ALL " + kRetiring +
                            "r.token_hash = ANY($1::text[])";
const std::string kById = kPresent + "k.id = $1";
const std::string kPage =
    "(" + kPresent + "k.token_hash > $1 ORDER BY k.token_hash LIMIT $2) UNION ALL (" + kRetiring +
    "r.token_hash > $1 ORDER BY r.token_hash LIMIT $2) ORDER BY 1 LIMIT $2";

std::optional<std::int64_t> optional_integer(const Rows& rows, size_t row, size_t column) {
    if (rows.is_null(row, column)) return std::nullopt;
    return rows.integer(row, column);
}

Token token_at(const Rows& rows, size_t row) {
    Token out;
    out.hash = rows.text(row, 0);
    out.epoch = rows.integer(row, 1);
    out.expires_at = optional_integer(rows, row, 2);
    out.id = rows.integer(row, 3);
    out.version = rows.integer(row, 4);
    out.master_id = rows.integer(row, 5);
    out.name = rows.text(row, 6);
    out.status = rows.text(row, 7);
    out.namespaces = rows.text(row, 8);
    out.default_namespace = rows.text(row, 9);
    out.models = rows.text(row, 10);
    out.models_denied = rows.text(row, 11);
    out.ip_allow = rows.text(row, 12);
    out.ip_deny = rows.text(row, 13);
    out.quota_limit = optional_integer(rows, row, 14);
    out.quota_used = rows.integer(row, 15);
    out.qps_limit = rows.integer(row, 16);
    return out;
}

}  // namespace

std::vector<Token> Tokens::by_hash(Tx& tx, std::span<const std::string_view> hashes) const {
    return resolve(tx, tx.query(kByHash, {pg_array(hashes)}));
}

std::vector<Token> Tokens::by_id(Tx& tx, std::int64_t id) const {
    return resolve(tx, tx.query(kById, {id}));
}

std::vector<Token> Tokens::page(Tx& tx, std::string_view after, size_t limit) const {
    return resolve(tx, tx.query(kPage, {after, limit}));
}

std::vector<Token> Tokens::resolve(Tx& tx, const Rows& rows) const {
    std::vector<Token> tokens;
    std::vector<std::int64_t> ids;
    tokens.reserve(rows.size());
    for (size_t row = 0; row < rows.size(); ++row) {
        tokens.push_back(token_at(rows, row));
        ids.push_back(tokens.back().master_id);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    const auto masters = masters_.read(tx, ids);
    // A token without a master is about to be deleted with it.
    std::erase_if(tokens,
                  [&masters](const Token& token) { return !masters.contains(token.master_id); });
    for (Token& token : tokens) apply_master(token, masters.at(token.master_id));
    return tokens;
}

}  // namespace ezapi::keys
