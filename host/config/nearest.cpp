#include "host/config/nearest.hpp"

#include <algorithm>
#include <vector>

namespace ezapi::host::config {
namespace {

/// Optimal string alignment distance.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
    for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string> known) {
    constexpr size_t kLongest = 100;
    if (name.size() > kLongest) return {};
    const size_t limit = name.size() <= 4 ? 1 : 2;
    size_t best = limit + 1;
    std::string found;
    for (const std::string& candidate : known) {
        const size_t shorter = std::min(candidate.size(), name.size());
        const size_t longer = std::max(candidate.size(), name.size());
        if (longer - shorter > limit) continue;
        if (const size_t edits = distance(name, candidate); edits < best) {
            best = edits;
            found = candidate;
        }
    }
    return found;
}

}  // namespace ezapi::host::config
