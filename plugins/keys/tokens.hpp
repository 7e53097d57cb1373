// Tokens as the data plane sees them, read from the database: each row under its current hash and
// under the older hashes that a rotation keeps valid.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "effective.hpp"

namespace ezapi::keys {

class Tokens {
public:
    explicit Tokens(const Masters& masters) : masters_(masters) {}

    /// Returns the tokens that exist, in any order.
    [[nodiscard]] std::vector<Token> by_hash(Tx& tx,
                                             std::span<const std::string_view> hashes) const;
    /// The token under its current hash.
    [[nodiscard]] std::vector<Token> by_id(Tx& tx, std::int64_t id) const;
    /// Up to `limit` tokens with hashes greater than `after`, ordered by hash (bytewise).
    [[nodiscard]] std::vector<Token> page(Tx& tx, std::string_view after, size_t limit) const;

private:
    [[nodiscard]] std::vector<Token> resolve(Tx& tx, const Rows& rows) const;

    const Masters& masters_;
};

}  // namespace ezapi::keys
