// One fault after the other, drawn from a seed, each begun and ended by this thread. The seed
// decides which faults come, where and for how long; when exactly, the machine decides.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "tests/fault/arena.hpp"

namespace ezapi::tests {

class Faults {
public:
    Faults(Arena& arena, std::uint32_t seed) : arena_(arena), random_(seed) {}

    /// The next one, from its begin to its end.
    void next();

    /// Kind -> how often.
    [[nodiscard]] const std::map<std::string, int>& done() const { return done_; }

private:
    void run(const std::string& kind);
    void kill(Arena::Place& place);
    void stop_for_a_while(Arena::Place& place);
    void proxy(TcpProxy& proxy);
    void rest(int from_ms, int to_ms);
    [[nodiscard]] std::uint32_t below(std::uint32_t limit);

    Arena& arena_;
    std::minstd_rand random_;
    std::map<std::string, int> done_;
};

}  // namespace ezapi::tests
