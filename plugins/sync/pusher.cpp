#include "pusher.hpp"

#include <algorithm>
#include <chrono>

namespace ezapi::sync {

void Pusher::push(const Entities& entities, const std::function<void()>& in_redis) const {
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<Rendered> rendered = read(entities);
    const std::vector<Outcome> outcomes = write(rendered, RedisWriter::Events::publish);
    if (in_redis) in_redis();
    figures_.push_seconds.observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    note(rendered, outcomes);
}

std::vector<Outcome> Pusher::write(const std::vector<Rendered>& entities,
                                   RedisWriter::Events events) const {
    try {
        std::vector<Outcome> outcomes = writer_.write(entities, events);
        if (breaker_.succeeded()) log_.info("Redis is back");
        return outcomes;
    } catch (const Error& error) {
        const bool was_there = !breaker_.away();
        breaker_.failed(Breaker::Clock::now());
        if (was_there) {
            log_.warn(std::string("Redis is away, changes wait in the outbox: ") + error.what());
        }
        throw;
    }
}

void Pusher::note(const std::vector<Rendered>& entities,
                  const std::vector<Outcome>& outcomes) const {
    figures_.pushed(entities, outcomes);
    for (size_t i = 0; i < entities.size(); ++i) {
        if (outcomes[i].kind != Outcome::Kind::failed) continue;
        const Entity& entity = entities[i].entity;
        log_.warn("push of " + entity.resource + " '" + entity.key +
                  "' failed: " + outcomes[i].fault);
    }
    ledger_.settle(entities, outcomes);
    overtake(entities, outcomes);
}

/// Redis may hold something newer because somebody else pushed it. Then the database knows of it.
/// If not, the database is older than Redis.
void Pusher::overtake(const std::vector<Rendered>& entities,
                      const std::vector<Outcome>& outcomes) const {
    Entities suspects;
    std::int64_t highest = 0;
    for (size_t i = 0; i < entities.size(); ++i) {
        if (outcomes[i].kind != Outcome::Kind::superseded) continue;
        suspects.push_back(entities[i].entity);
        highest = std::max(highest, outcomes[i].stored);
    }
    if (suspects.empty()) return;
    const std::vector<std::int64_t> known = ledger_.current(suspects);
    Entities behind;
    size_t place = 0;
    for (size_t i = 0; i < entities.size(); ++i) {
        if (outcomes[i].kind != Outcome::Kind::superseded) continue;
        if (known[place] < outcomes[i].stored) behind.push_back(suspects[place]);
        ++place;
    }
    if (behind.empty()) return;
    log_.warn("Redis holds revision " + std::to_string(highest) +
              ", which this database has not given out: it was restored from an older state; " +
              std::to_string(behind.size()) + " entities get new revisions");
    ledger_.overtake(highest, behind);
}

}  // namespace ezapi::sync
