// Random faults from a seed, one after the other, sometimes two at once, each started and ended by
// the calling thread. The seed determines the kinds, places and durations of the faults; their
// exact times depend on the machine.
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
    /// `node` is the node that reports itself in Redis.
    Faults(Arena& arena, std::string node, std::uint32_t seed)
        : arena_(arena), node_(std::move(node)), random_(seed) {}

    /// Runs the next one or two faults from start to end.
    void next();

    /// Number of faults by kind.
    [[nodiscard]] const std::map<std::string, int>& done() const { return done_; }

private:
    struct Fault {
        std::string kind;
        size_t place = 0;       // the instance
        std::uint32_t way = 0;  // how connections are affected
        std::string target;     // what it breaks; at most one fault per target at a time
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
