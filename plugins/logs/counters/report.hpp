// A counter report of a data plane node: the usage of many tokens since its previous report, with a
// sequence number of the node. Pure: parsed and validated without the database.
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
inline constexpr std::int64_t kMostCounted = 1'000'000'000'000;  // limit of one counter of an item
inline constexpr std::size_t kLongestName = 200;                 // in bytes

/// The usage of one token, which is given by its id or by the hash of its text.
struct CounterItem {
    std::int64_t key_id = 0;  // 0: given by token_hash
    std::string token_hash = {};
    std::int64_t requests = 0;
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;
    std::int64_t last_used_at = 0;  // unix microseconds; 0: unknown
    std::size_t index = 0;          // in the body

    /// The token as the reporter named it, for messages; a plain token is shortened.
    [[nodiscard]] std::string name() const {
        if (key_id != 0) return std::to_string(key_id);
        const bool is_token = token_hash.starts_with("sk-") || token_hash.starts_with("mk-");
        return is_token ? token_hash.substr(0, credential::kShown) + "…" : token_hash;
    }
};

/// An item that names no token, or two different ones: it cannot be counted.
struct RejectedItem {
    std::size_t index = 0;
    std::string code;
    std::string message;
};

/// The fields of a counted item whose values differ from what was sent.
struct RepairedItem {
    std::optional<std::size_t> index;  // nullopt: of the report itself
    std::vector<std::string> fields;
};

struct CounterReport {
    static constexpr std::size_t kMostListed = 1000;  // of rejected and of repaired items each

    std::string node;
    std::string epoch;  // one run of the node
    std::int64_t sequence = 0;
    std::vector<CounterItem> items;  // the valid ones
    std::vector<RejectedItem> rejected;
    std::vector<RepairedItem> repaired;
    std::size_t rejected_items = 0;
    std::size_t repaired_items = 0;

    void note_repair(std::optional<std::size_t> index, std::vector<std::string> fields);

    /// SHA-256 over the content of the counted items, independent of the formatting of the body.
    [[nodiscard]] std::string digest() const;
};

/// The JSON schema of the body.
[[nodiscard]] Json report_schema();

}  // namespace ezapi::logs
