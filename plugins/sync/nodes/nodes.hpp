// The nodes of the data plane, as they report themselves in dp:node:<id>, keys that live on for
// half a minute. Their names are found by walking through the keys of Redis, which is done in
// bounded steps and not more often than needed; what a known node says is read each time.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ezapi/json.hpp"
#include "ezapi/redis.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

/// An entity that a node does not use because it breaks the contract.
struct Rejection {
    std::string resource;
    std::string key;
    std::int64_t revision = 0;  // 0: not told
    std::string reason;
};

struct Node {
    std::string id;
    std::string build;
    std::int64_t applied_revision = 0;
    std::string digest;
    std::int64_t rejected = 0;          // how many, as far as it tells
    std::vector<Rejection> rejections;  // a bounded number of them
    std::optional<std::int64_t> updated_at;
    double age_seconds = 0;  // of the report, by the clock of Redis
};

/// What a node says of itself, field by field. Whatever cannot be understood is left out.
[[nodiscard]] Node node_of(const std::string& id,
                           const std::vector<std::pair<std::string, std::string>>& fields,
                           double redis_now);

/// applied, pending or rejected, and why.
struct NodeState {
    std::string_view state;
    std::string reason;
};

/// How a node stands to a change: its greatest revision, and the entities under theirs.
[[nodiscard]] NodeState state_of(const Node& node,
                                 std::int64_t revision,
                                 const std::vector<std::pair<Entity, std::int64_t>>& entities);

class Nodes {
public:
    using Clock = std::chrono::steady_clock;

    explicit Nodes(Redis redis) : redis_(redis) {}

    /// In the order of their ids. New ones are looked for when the last walk through the keys is
    /// older than `tolerated`. Throws when Redis is away. Any thread.
    [[nodiscard]] std::vector<Node> read(Clock::duration tolerated);

private:
    void look_for_new(Clock::duration tolerated);
    [[nodiscard]] std::vector<Node> read_known();

    Redis redis_;
    std::mutex mutex_;
    std::set<std::string, std::less<>> known_;  // ids
    std::string cursor_ = "0";                  // of a walk that was cut short
    std::optional<Clock::time_point> walked_at_;
};

}  // namespace ezapi::sync
