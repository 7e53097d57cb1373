// A node of the data plane that does exactly what the contract asks for: it subscribes, reads again
// what an event names, keeps what it has while Redis is not whole, does not use what breaks the
// contract, and reports itself. Everything that it took over stands in its history, with the time
// at which it asked Redis, for a checker to judge.
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

/// One entity as the node took it over at some time; no content: Redis does not hold it.
struct Seen {
    std::chrono::steady_clock::time_point asked;
    std::string resource;
    std::string id;
    std::optional<std::string> content;  // JSON text; of a hash of its own its fields as JSON
    std::int64_t revision = 0;           // where the contract shows one
};

struct Applied {
    std::chrono::steady_clock::time_point at;
    std::string epoch;
    std::int64_t revision = 0;
    size_t observations = 0;  // made until then
};

struct NodeOptions {
    uint16_t redis_port = 0;
    std::string id = "node";
    std::set<std::string> fields;  // resources that are one hash, read whole
    std::string hashes;            // the prefix of those that are a hash each, read when watched
    std::chrono::milliseconds heartbeat{500};
    /// Whether a field's JSON keeps the contract; what does not is reported and not used.
    bool (*sound)(const std::string& resource, const std::string& json) = nullptr;
};

class DataplaneNode {
public:
    explicit DataplaneNode(NodeOptions options);
    ~DataplaneNode();
    DataplaneNode(const DataplaneNode&) = delete;
    DataplaneNode& operator=(const DataplaneNode&) = delete;

    /// Reads `<hashes>:<id>` from now on.
    void watch(const std::string& id);

    [[nodiscard]] std::vector<Seen> history() const;
    [[nodiscard]] std::vector<Applied> applied() const;
    [[nodiscard]] std::int64_t applied_revision() const;
    /// What it uses now.
    [[nodiscard]] Content fields(const std::string& resource) const;
    [[nodiscard]] std::optional<std::string> hash(const std::string& id) const;

    /// How often a half-filled or older Redis was not taken over.
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
    std::thread thread_;  // last: it uses the others
};

}  // namespace ezapi::tests
