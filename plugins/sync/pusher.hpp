// One push, in its three steps: read and render in one snapshot, write to Redis, note the result.
// Each may be repeated, and the process may die between them, without harm: the entities are
// pending until the last step. Any thread.
#pragma once

#include <functional>

#include "breaker.hpp"
#include "entity.hpp"
#include "ezapi/log.hpp"
#include "figures.hpp"
#include "ledger.hpp"
#include "redis_writer.hpp"
#include "renderer.hpp"

namespace ezapi::sync {

class Pusher {
public:
    Pusher(Renderer renderer,
           RedisWriter writer,
           const Ledger& ledger,
           Breaker& breaker,
           Figures& figures,
           Log log)
        : renderer_(std::move(renderer)),
          writer_(writer),
          ledger_(ledger),
          breaker_(breaker),
          figures_(figures),
          log_(log) {}

    /// Sorted, distinct entities. `in_redis` is called between the second and the third step.
    /// Throws when the database or Redis is away; the breaker knows of the latter then.
    void push(const Entities& entities, const std::function<void()>& in_redis = {}) const;

    [[nodiscard]] std::vector<Rendered> read(const Entities& entities) const {
        return renderer_.render(entities);
    }

    [[nodiscard]] std::vector<Outcome> write(const std::vector<Rendered>& entities,
                                             RedisWriter::Events events) const;
    void note(const std::vector<Rendered>& entities, const std::vector<Outcome>& outcomes) const;

    /// Finds entities of which Redis holds a revision that the database does not know, and gives
    /// them new ones.
    void overtake(const std::vector<Rendered>& entities,
                  const std::vector<Outcome>& outcomes) const;

private:
    Renderer renderer_;
    RedisWriter writer_;
    const Ledger& ledger_;
    Breaker& breaker_;
    Figures& figures_;
    Log log_;
};

}  // namespace ezapi::sync
