// What a node of the data plane reports: the counters of many tokens since its last report, under a
// number of its own. Pure: reads and judges the body, knows no database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ezapi/credential.hpp"
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
    std::size_t index = 0;          // in the body

    /// As the reporter named the token, but not by the token itself.
    [[nodiscard]] std::string name() const {
        if (key_id != 0) return std::to_string(key_id);
        const bool is_token = token_hash.starts_with("sk-") || token_hash.starts_with("mk-");
        return is_token ? token_hash.substr(0, credential::kShown) + "…" : token_hash;
    }
};

/// An item that names no token, or two: it cannot be counted.
struct RejectedItem {
    std::size_t index = 0;
    std::string code;
    std::string message;
};

/// The members of an item that is counted, otherwise than they were sent.
struct RepairedItem {
    std::optional<std::size_t> index;  // nothing: of the report itself
    std::vector<std::string> fields;
};

struct CounterReport {
    static constexpr std::size_t kMostListed = 1000;  // rejected ones, and as many repaired ones

    std::string node;
    std::string epoch;  // one life of the node
    std::int64_t sequence = 0;
    std::vector<CounterItem> items;  // that are counted
    std::vector<RejectedItem> rejected;
    std::vector<RepairedItem> repaired;
    std::size_t rejected_items = 0;
    std::size_t repaired_items = 0;

    void note_repair(std::optional<std::size_t> index, std::vector<std::string> fields);

    /// SHA-256 of what the counted items say, however the body was laid out.
    [[nodiscard]] std::string digest() const;
};

/// The schema of the body.
[[nodiscard]] Json report_schema();

}  // namespace ezapi::logs
