// Faults drawn from a seed, one after the other, now and then two at once, each begun and ended by
// this thread. The seed decides which faults come, where and for how long; when exactly, the
// machine decides.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "tests/fault/arena.hpp"

namespace ezapi::tests {

class Faults {
public:
    /// `node` reports itself in Redis.
    Faults(Arena& arena, std::string node, std::uint32_t seed)
        : arena_(arena), node_(std::move(node)), random_(seed) {}

    /// The next one or two, from their begin to their end.
    void next();

    /// Kind -> how often.
    [[nodiscard]] const std::map<std::string, int>& done() const { return done_; }

private:
    struct Fault {
        std::string kind;
        size_t place = 0;       // the instance
        std::uint32_t way = 0;  // of what happens to connections
        std::string target;     // what it breaks; only one at a time does
        std::chrono::milliseconds lasts{0};
    };

    [[nodiscard]] Fault draw();
    void begin(const Fault& fault);
    void end(const Fault& fault);
    void keep_copy();
    void drop_copy();
    void rest(int from_ms, int to_ms);
    [[nodiscard]] std::uint32_t below(std::uint32_t limit);

    Arena& arena_;
    std::string node_;
    std::minstd_rand random_;
    std::map<std::string, int> done_;
};

}  // namespace ezapi::tests
