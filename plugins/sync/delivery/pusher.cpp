#include "delivery/pusher.hpp"

#include <algorithm>
#include <chrono>

#include "delivery/fault_points.hpp"

namespace ezapi::sync {

Pusher::Result Pusher::push(const Entities& entities, const std::function<void()>& in_redis) const {
    const auto begin = std::chrono::steady_clock::now();
    size_t applied = 0;
    Entities rest = entities;
    for (int attempt = 0; attempt < 2 && !rest.empty(); ++attempt) {
        const BackfillFence fence = ask_redis([&] { return writer_.fence(); });
        const std::vector<Rendered> rendered = read(rest);
        step("rendered");
        const std::vector<Outcome> outcomes = write(rendered, RedisWriter::Events::publish, fence);
        step("written");
        rest = fenced(rendered, outcomes);
        if (in_redis && (rest.empty() || attempt == 1)) in_redis();
        applied += note(rendered, outcomes, fence);
        step("noted");
    }
    metrics_.push_seconds.observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (!rest.empty() && on_unfilled_) on_unfilled_();
    return {applied, rest.size()};
}

std::vector<Outcome> Pusher::write(const std::vector<Rendered>& entities,
                                   RedisWriter::Events events,
                                   const BackfillFence& fence) const {
    return ask_redis([&] {
        std::vector<Outcome> outcomes = writer_.write(entities, events, fence);
        if (breaker_.succeeded()) log_.info("Redis is back");
        return outcomes;
    });
}

/// What was refused because of the fence is rendered once more.
Entities Pusher::fenced(const std::vector<Rendered>& entities,
                        const std::vector<Outcome>& outcomes) {
    Entities out;
    for (size_t i = 0; i < entities.size(); ++i) {
        if (outcomes[i].kind == Outcome::Kind::fenced) out.push_back(entities[i].entity);
    }
    return out;
}

size_t Pusher::note(const std::vector<Rendered>& entities,
                    const std::vector<Outcome>& outcomes,
                    const BackfillFence& fence) const {
    metrics_.pushed(entities, outcomes);
    size_t applied = 0;
    for (size_t i = 0; i < entities.size(); ++i) {
        if (outcomes[i].kind == Outcome::Kind::applied) ++applied;
        if (outcomes[i].kind != Outcome::Kind::failed) continue;
        const Entity& entity = entities[i].entity;
        log_.warn("push of " + entity.resource + " '" + entity.key +
                  "' failed: " + outcomes[i].fault);
    }
    ledger_.settle(entities, outcomes, fence);
    overtake(entities, outcomes);
    return applied;
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
