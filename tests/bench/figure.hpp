// The result of a scenario compared with its reference, as a table for people and as a list for
// programs.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ezapi::bench {

/// Whether a larger or a smaller value is better.
enum class Better { more, less };

/// One comparison. Rates on one machine vary from minute to minute; only ratios within one run are
/// comparable, so every round measures both sides.
struct Figure {
    std::string name;
    std::string unit;
    double ours = 0;  // median of the rounds
    std::string reference_name;
    double reference = 0;
    double ratio_median = 0;  // ours / reference, round by round
    double ratio_min = 0;
    double ratio_max = 0;
    double target = 0;  // the wanted ratio: at least (more) or at most (less)
    Better better = Better::more;

    [[nodiscard]] bool ok() const {
        return better == Better::more ? ratio_median >= target : ratio_median <= target;
    }
};

struct Round {
    double ours = 0;
    double reference = 0;
};

/// Compares with a fixed limit: reference and target are the limit, ratio is relative to it.
[[nodiscard]] Figure against_limit(
    std::string name, std::string unit, std::vector<double> values, double limit, Better better);

/// Combines the rounds of one comparison.
[[nodiscard]] Figure fold(Figure named, const std::vector<Round>& rounds);

[[nodiscard]] double median(std::vector<double> values);

/// The `q` quantile (0 to 1) of the values.
[[nodiscard]] double quantile(std::vector<double> values, double q);

void print(std::ostream& out, const std::vector<Figure>& figures);

[[nodiscard]] nlohmann::json to_json(const std::vector<Figure>& figures);

}  // namespace ezapi::bench
