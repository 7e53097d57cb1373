// What a scenario measured beside its reference, and how that is told: a table for people, a list
// for programs.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ezapi::bench {

/// Whether more or less of the unit is better.
enum class Better { more, less };

/// One comparison. Rates of one machine differ from minute to minute; only the ratios of one run
/// are worth comparing, so every round measures both.
struct Figure {
    std::string name;
    std::string unit;
    double ours = 0;  // median of the rounds
    std::string reference_name;
    double reference = 0;
    double ratio_median = 0;  // ours / reference, round by round
    double ratio_min = 0;
    double ratio_max = 0;
    double target = 0;  // the ratio that is wanted: at least (more) or at most (less)
    Better better = Better::more;

    [[nodiscard]] bool ok() const {
        return better == Better::more ? ratio_median >= target : ratio_median <= target;
    }
};

struct Round {
    double ours = 0;
    double reference = 0;
};

/// The same against a limit that stands: reference and target are the limit, ratio is against it.
[[nodiscard]] Figure against_limit(
    std::string name, std::string unit, std::vector<double> values, double limit, Better better);

/// Folds the rounds of one comparison.
[[nodiscard]] Figure fold(Figure named, const std::vector<Round>& rounds);

[[nodiscard]] double median(std::vector<double> values);

/// The value below which the share `q` (0 to 1) of the values lies.
[[nodiscard]] double quantile(std::vector<double> values, double q);

void print(std::ostream& out, const std::vector<Figure>& figures);

[[nodiscard]] nlohmann::json to_json(const std::vector<Figure>& figures);

}  // namespace ezapi::bench
