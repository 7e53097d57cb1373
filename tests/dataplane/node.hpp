// A node of the data plane that implements the contract: it subscribes, reads again the keys that
// an event names, keeps its data while Redis is incomplete, ignores values that violate the
// contract, and reports its state. Everything that it applies is added to a history, with the time
// when it read Redis, for a checker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

struct redisContext;

namespace ezapi::tests {

using Content = std::map<std::string, std::string>;  // of a hash

/// A state of one entity that the node applied at some time; no content: absent in Redis.
struct Seen {
    std::chrono::steady_clock::time_point asked;
    std::string resource;
    std::string id;
    std::optional<std::string> content;  // JSON; of an entity with its own hash: its fields
    std::int64_t revision = 0;           // if the contract includes one
};

struct Applied {
    std::chrono::steady_clock::time_point at;
    std::string epoch;
    std::int64_t revision = 0;
    size_t observations = 0;  // number made until then
};

struct NodeOptions {
    uint16_t redis_port = 0;
    std::string id = "node";
    std::set<std::string> fields;  // resources stored in one hash, which is read as a whole
    std::string hashes;            // prefix of entities with a hash each, read when watched
    std::chrono::milliseconds heartbeat{500};
    /// Whether a field's JSON satisfies the contract; other values are reported and not used.
    bool (*sound)(const std::string& resource, const std::string& json) = nullptr;
};

class DataplaneNode {
public:
    explicit DataplaneNode(NodeOptions options);
    ~DataplaneNode();
    DataplaneNode(const DataplaneNode&) = delete;
    DataplaneNode& operator=(const DataplaneNode&) = delete;

    /// Also reads `<hashes>:<id>` from now on.
    void watch(const std::string& id);

    [[nodiscard]] std::vector<Seen> history() const;
    [[nodiscard]] std::vector<Applied> applied() const;
    [[nodiscard]] std::int64_t applied_revision() const;
    /// The data in use.
    [[nodiscard]] Content fields(const std::string& resource) const;
    [[nodiscard]] std::optional<std::string> hash(const std::string& id) const;

    /// How often an incomplete or older Redis was not applied.
    [[nodiscard]] int refusals() const { return refusals_; }

private:
    struct Free {
        void operator()(redisContext* context) const;
    };

    using Connection = std::unique_ptr<redisContext, Free>;
    using Clock = std::chrono::steady_clock;

    /// meta:sync, and what was read in the same step.
    struct Look {
        Clock::time_point asked;
        Content meta;
        Content content;
    };

    void run();
    void serve();
    [[nodiscard]] Connection connect() const;
    void read_messages(bool until_pong);
    void note_event(const std::string& payload);
    void catch_up();
    void read_dirty();
    [[nodiscard]] Look look(const std::string& key);
    [[nodiscard]] bool is_whole(const Look& look);
    void take_fields(const std::string& resource, const Look& look);
    void take_hash(const std::string& id, const Look& look);
    void see(const Look& look,
             const std::string& resource,
             const std::string& id,
             std::optional<std::string> content,
             std::int64_t revision);
    void report(const Content& meta);

    NodeOptions options_;
    std::atomic<bool> ending_{false};
    std::atomic<int> refusals_{0};
    Connection commands_;
    Connection events_;
    std::set<std::string> dirty_fields_;
    std::set<std::string> dirty_hashes_;
    std::map<std::string, std::string> rejected_;  // "resource\nid" -> why

    mutable std::mutex mutex_;
    std::set<std::string> watched_;
    std::map<std::string, Content> used_;  // resource -> id -> content
    std::vector<Seen> history_;
    std::vector<Applied> applied_;
    std::thread thread_;  // last member: it uses the others
};

}  // namespace ezapi::tests
