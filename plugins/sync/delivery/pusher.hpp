// One push, in its three steps: read and render in one snapshot, write to Redis, note the result.
// Before the first the fence is read, see backfill_fence.hpp.
// Each may be repeated, and the process may die between them, without harm: the entities are
// pending until the last step. Any thread.
#pragma once

#include <functional>

#include "delivery/redis_writer.hpp"
#include "delivery/renderer.hpp"
#include "ezapi/log.hpp"
#include "ledger/breaker.hpp"
#include "ledger/entity.hpp"
#include "ledger/ledger.hpp"
#include "metrics.hpp"

namespace ezapi::sync {

class Pusher {
public:
    Pusher(Renderer renderer,
           RedisWriter writer,
           const Ledger& ledger,
           Breaker& breaker,
           SyncMetrics& metrics,
           Log log,
           std::function<void()> on_unfilled = {})
        : renderer_(std::move(renderer)),
          writer_(writer),
          ledger_(ledger),
          breaker_(breaker),
          metrics_(metrics),
          log_(log),
          on_unfilled_(std::move(on_unfilled)) {}

    /// Sorted, distinct entities. `in_redis` is called between the second and the third step, as
    /// soon as all are there that can be. Throws when the database or Redis is away; the breaker
    /// knows of the latter then.
    struct Result {
        size_t applied = 0;
        size_t fenced = 0;  // Redis has yet to be filled: they wait
    };

    Result push(const Entities& entities, const std::function<void()>& in_redis = {}) const;

    [[nodiscard]] std::vector<Rendered> read(const Entities& entities) const {
        return renderer_.render(entities);
    }

    [[nodiscard]] BackfillFence fence() const { return writer_.fence(); }

    [[nodiscard]] std::vector<Outcome> write(const std::vector<Rendered>& entities,
                                             RedisWriter::Events events,
                                             const BackfillFence& fence) const;

    /// The same under the fence of this moment.
    [[nodiscard]] std::vector<Outcome> write(const std::vector<Rendered>& entities,
                                             RedisWriter::Events events) const {
        return write(entities, events, fence());
    }

    /// Of what was written under `fence`. Returns how many were applied.
    size_t note(const std::vector<Rendered>& entities,
                const std::vector<Outcome>& outcomes,
                const BackfillFence& fence) const;

    /// Finds entities of which Redis holds a revision that the database does not know, and gives
    /// them new ones.
    void overtake(const std::vector<Rendered>& entities,
                  const std::vector<Outcome>& outcomes) const;

private:
    [[nodiscard]] static Entities fenced(const std::vector<Rendered>& entities,
                                         const std::vector<Outcome>& outcomes);

    /// What fails is told to the breaker.
    template <class Ask>
    auto ask_redis(Ask&& ask) const {
        try {
            return std::forward<Ask>(ask)();
        } catch (const Error& error) {
            const bool was_there = !breaker_.away();
            breaker_.failed(Breaker::Clock::now(), error.what());
            if (was_there) {
                log_.warn(std::string("Redis is away, changes wait in the outbox: ") +
                          error.what());
            }
            throw;
        }
    }

    Renderer renderer_;
    RedisWriter writer_;
    const Ledger& ledger_;
    Breaker& breaker_;
    SyncMetrics& metrics_;
    Log log_;
    std::function<void()> on_unfilled_;  // a resource may need a full push
};

}  // namespace ezapi::sync
