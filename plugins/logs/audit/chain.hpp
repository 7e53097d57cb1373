// The operation log's hash chain. The link of a row is computed over the link before it (64 zeros
// in front of the first) and the row's canonical form: its columns in the order of kChainColumns as
// text, each as "<bytes>:<text>", "-" for NULL.
//
// A keyed link is the HMAC-SHA256 with an audit key, in lower-case hex; who can write every table
// but has no key cannot make one. Links from before the chain was keyed are the plain SHA-256 over
// the first kUnkeyedColumnCount columns; anyone can compute those with psql and sha256sum.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/db.hpp"

namespace ezapi::logs {

/// Columns of operation_logs `o` that a link covers: all but the transaction's number, which means
/// nothing in a database that was restored from a dump.
inline constexpr std::string_view kChainColumns =
    "o.id, o.actor_kind, o.actor_id, o.actor, o.action, o.resource, o.resource_id, o.status, "
    "o.before, o.after, o.ip, o.request_id, o.method, o.path, "
    "(extract(epoch FROM o.created_at) * 1000000)::bigint, o.request_id_given";
inline constexpr size_t kUnkeyedColumnCount = 15;
inline constexpr size_t kChainColumnCount = 16;

/// What stands in front of the first link.
[[nodiscard]] std::string chain_origin();

/// `count` columns of the row, from `column` on.
[[nodiscard]] std::string canonical_form(const Rows& rows,
                                         size_t row,
                                         size_t column,
                                         size_t count = kChainColumnCount);

/// A link without a key.
[[nodiscard]] std::string unkeyed_link(std::string_view before, std::string_view canonical);

}  // namespace ezapi::logs
