// The hash chain of the operation log. The link of a row is computed over the previous link (64
// zeros for the first row) and the canonical form of the row: the columns of kChainColumns, in this
// order, as text, each written as "<bytes>:<text>", or "-" for NULL.
//
// A keyed link is an HMAC-SHA256 with an audit key, in lower-case hex; an attacker who can write
// every table but has no key cannot compute it. Links from before the chain was keyed are a plain
// SHA-256 over the first kUnkeyedColumnCount columns; anyone can recompute those with psql and
// sha256sum.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/db.hpp"

namespace ezapi::logs {

/// The columns of operation_logs (alias `o`) that a link covers: all but the transaction id, which
/// has no meaning in a database restored from a dump.
inline constexpr std::string_view kChainColumns =
    "o.id, o.actor_kind, o.actor_id, o.actor, o.action, o.resource, o.resource_id, o.status, "
    "o.before, o.after, o.ip, o.request_id, o.method, o.path, "
    "(extract(epoch FROM o.created_at) * 1000000)::bigint, o.request_id_given";
inline constexpr size_t kUnkeyedColumnCount = 15;
inline constexpr size_t kChainColumnCount = 16;

/// The predecessor of the first link.
[[nodiscard]] std::string chain_origin();

/// `count` columns of the row, starting with `column`.
[[nodiscard]] std::string canonical_form(const Rows& rows,
                                         size_t row,
                                         size_t column,
                                         size_t count = kChainColumnCount);

/// A link without a key (plain SHA-256).
[[nodiscard]] std::string unkeyed_link(std::string_view before, std::string_view canonical);

}  // namespace ezapi::logs
