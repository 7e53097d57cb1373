// The hash auth:token:<hash> in Redis, and which of these hashes a change invalidates.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ezapi/changes.hpp"
#include "ezapi/resource/resource.hpp"

namespace ezapi::keys {

class Tokens;

inline constexpr std::string_view kProjection = "auth:token";

/// `tokens` must outlive the projection.
[[nodiscard]] Projection projection(const Tokens& tokens);

/// Marks the token hashes in one column of a result as changed.
void touch_all(Tx& tx, const Rows& hashes, size_t column = 0);

/// Marks the older hashes of a token that a rotation keeps valid for a grace period.
void touch_retiring(Tx& tx, std::int64_t key_id);

/// Marks every hash of the masters' tokens.
void touch_tokens_of(Tx& tx, std::span<const std::int64_t> masters);

/// Subscriber to changes of masters: marks their tokens.
void follow_masters(Tx& tx, Changes changes, const Resource& keys);

}  // namespace ezapi::keys
