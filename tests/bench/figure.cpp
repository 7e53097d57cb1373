#include "tests/bench/figure.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <utility>

namespace ezapi::bench {
namespace {

/// Three significant digits, without an exponent.
std::string shown(double value) {
    const double size = std::abs(value);
    const int digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    std::ostringstream out;
    out << std::fixed << std::setprecision(digits) << value;
    return out.str();
}

std::vector<std::string> cells(const Figure& figure) {
    return {figure.name,
            shown(figure.ours) + " " + figure.unit,
            figure.reference_name,
            shown(figure.reference),
            shown(figure.ratio_median),
            shown(figure.ratio_min) + " - " + shown(figure.ratio_max),
            (figure.better == Better::more ? ">= " : "<= ") + shown(figure.target),
            figure.ok() ? "ok" : "MISSED"};
}

}  // namespace

double quantile(std::vector<double> values, double q) {
    if (values.empty()) return 0;
    const auto place =
        static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return values[static_cast<size_t>(place)];
}

double median(std::vector<double> values) {
    return quantile(std::move(values), 0.5);
}

Figure fold(Figure named, const std::vector<Round>& rounds) {
    std::vector<double> ours;
    std::vector<double> references;
    std::vector<double> ratios;
    for (const Round& round : rounds) {
        ours.push_back(round.ours);
        references.push_back(round.reference);
        ratios.push_back(round.reference == 0 ? 0 : round.ours / round.reference);
    }
    named.ours = median(ours);
    named.reference = median(references);
    named.ratio_median = median(ratios);
    named.ratio_min = *std::min_element(ratios.begin(), ratios.end());
    named.ratio_max = *std::max_element(ratios.begin(), ratios.end());
    return named;
}

Figure against_limit(
    std::string name, std::string unit, std::vector<double> values, double limit, Better better) {
    std::vector<Round> rounds;
    for (const double value : values) rounds.push_back({value, limit});
    return fold({.name = std::move(name),
                 .unit = std::move(unit),
                 .reference_name = "limit",
                 .target = 1,
                 .better = better},
                rounds);
}

void print(std::ostream& out, const std::vector<Figure>& figures) {
    std::vector<std::vector<std::string>> table{
        {"scenario", "ours", "reference", "", "ratio", "min - max", "wanted", ""}};
    for (const Figure& figure : figures) table.push_back(cells(figure));
    std::vector<size_t> widths(table.front().size());
    for (const auto& row : table) {
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : table) {
        for (size_t i = 0; i < row.size(); ++i) {
            out << std::left << std::setw(static_cast<int>(widths[i]) + 2) << row[i];
        }
        out << '\n';
    }
    out.flush();
}

nlohmann::json to_json(const std::vector<Figure>& figures) {
    auto list = nlohmann::json::array();
    for (const Figure& figure : figures) {
        list.push_back({{"name", figure.name},
                        {"unit", figure.unit},
                        {"ours", figure.ours},
                        {"reference_name", figure.reference_name},
                        {"reference", figure.reference},
                        {"ratio_median", figure.ratio_median},
                        {"ratio_min", figure.ratio_min},
                        {"ratio_max", figure.ratio_max},
                        {"target", figure.target},
                        {"ok", figure.ok()}});
    }
    return list;
}

}  // namespace ezapi::bench
