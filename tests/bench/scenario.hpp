// A benchmark: a name, and a function that measures and reports results.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/figure.hpp"
#include "tests/bench/load.hpp"

namespace ezapi::bench {

/// The command line options, and the results so far.
class Run {
public:
    Run(bool quick, std::map<std::string, std::string> peers)
        : quick_(quick), peers_(std::move(peers)) {}

    [[nodiscard]] bool quick() const { return quick_; }

    /// The number of rounds of a comparison.
    [[nodiscard]] size_t rounds() const { return quick_ ? 2 : 5; }

    /// `full` normally, a tenth of it in a quick run.
    [[nodiscard]] size_t sized(size_t full) const { return quick_ ? full / 10 : full; }

    /// The other product, started in this mode ("copy"), if one was given.
    [[nodiscard]] std::optional<Target> peer(const std::string& mode) const;

    void add(Figure figure);

    [[nodiscard]] const std::vector<Figure>& figures() const { return figures_; }

private:
    bool quick_;
    std::map<std::string, std::string> peers_;  // mode -> URL
    std::vector<Figure> figures_;
};

/// Runs `ours` and `reference` alternately, changing the order in each round, after one warm-up
/// round.
template <class Ours, class Reference>
std::vector<Round> alternate(size_t rounds, Ours&& ours, Reference&& reference) {
    std::vector<Round> measured;
    ours();
    reference();
    for (size_t i = 0; i < rounds; ++i) {
        Round round;
        if (i % 2 == 0) {
            round.ours = ours();
            round.reference = reference();
        } else {
            round.reference = reference();
            round.ours = ours();
        }
        measured.push_back(round);
    }
    return measured;
}

struct Scenario {
    const char* name;
    const char* about;
    void (*measure)(Run&);
};

[[nodiscard]] const std::vector<Scenario>& scenarios();

}  // namespace ezapi::bench
