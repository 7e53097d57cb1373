// Writes entities to Redis by scripts, many at a time. What Redis itself cannot do now
// (it loads, is read-only, out of memory) is an Error like its absence; what it refuses of one
// entity is that entity's Outcome.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/scripts.hpp"
#include "ezapi/redis.hpp"
#include "ledger/backfill_fence.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

/// The Redis key that holds an entity.
[[nodiscard]] std::string active_key(const Entity& entity, Layout layout);

/// What is published on dp:config:refresh.
[[nodiscard]] std::string refresh_event(std::string_view resource,
                                        std::int64_t version,
                                        std::string_view key,
                                        std::int64_t unix_seconds);

/// Whether an error reply tells of the server's condition, not of the command's.
[[nodiscard]] bool tells_of_server(std::string_view error);

class RedisWriter {
public:
    using UnixClock = std::int64_t (*)();

    RedisWriter(Redis redis, const Scripts& scripts, UnixClock clock)
        : redis_(redis), scripts_(scripts), clock_(clock) {}

    enum class Events { publish, withhold };

    /// One outcome for each of `entities`, in order; those with a fault fail with it, unsent.
    [[nodiscard]] std::vector<Outcome> write(const std::vector<Rendered>& entities,
                                             Events events,
                                             const BackfillFence& fence) const;

    /// To be read before what is written under it is rendered.
    [[nodiscard]] BackfillFence fence() const;

private:
    class Shipment;

    Redis redis_;
    const Scripts& scripts_;
    UnixClock clock_;
};

}  // namespace ezapi::sync
