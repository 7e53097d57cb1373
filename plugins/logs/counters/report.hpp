// What a node of the data plane reports: the counters of many tokens since its last report, under a
// number of its own. Pure: reads and judges the body, knows no database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ezapi/json.hpp"

namespace ezapi::logs {

inline constexpr std::size_t kMostItems = 10'000;
inline constexpr std::int64_t kMostCounted = 1'000'000'000'000;  // of one counter of one item
inline constexpr std::size_t kLongestName = 200;                 // in bytes

/// The counters of one token, known by its id or by the hash of its text.
struct CounterItem {
    std::int64_t key_id = 0;  // 0: known by token_hash
    std::string token_hash = {};
    std::int64_t requests = 0;
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;
    std::int64_t last_used_at = 0;  // unix microseconds; 0: not told

    /// As the reporter named the token.
    [[nodiscard]] std::string name() const {
        return key_id != 0 ? std::to_string(key_id) : token_hash;
    }
};

struct CounterReport {
    std::string node;
    std::string epoch;  // one life of the node
    std::int64_t sequence = 0;
    std::vector<CounterItem> items;

    /// SHA-256 of what the items say, however the body was laid out.
    [[nodiscard]] std::string digest() const;
};

/// The schema of the body.
[[nodiscard]] Json report_schema();

}  // namespace ezapi::logs
