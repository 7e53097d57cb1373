// auth:token:<hash>, as Redis holds it, and which of them a change makes stale.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ezapi/changes.hpp"
#include "ezapi/resource/resource.hpp"

namespace ezapi::keys {

class Tokens;

inline constexpr std::string_view kProjection = "auth:token";

/// `tokens` must outlive it.
[[nodiscard]] Projection projection(const Tokens& tokens);

/// Marks the hashes in one column of a result.
void touch_all(Tx& tx, const Rows& hashes, size_t column = 0);

/// Marks the hashes of a token that a rotation lets live on.
void touch_retiring(Tx& tx, std::int64_t key_id);

/// Marks every hash of the tokens of these masters.
void touch_tokens_of(Tx& tx, std::span<const std::int64_t> masters);

/// Subscriber of changes of masters: their tokens follow.
void follow_masters(Tx& tx, Changes changes, const Resource& keys);

}  // namespace ezapi::keys
