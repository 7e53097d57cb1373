// Tokens counted by what they may use. Many tokens are alike, so that a question about a million of
// them is answered from a few classes; each class is judged by the same code that renders a token
// for the data plane.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "effective.hpp"

namespace ezapi::keys {

/// Lists are JSON arrays as text; empty: not limited.
struct Allowance {
    std::string group;
    std::string namespaces;
    std::string models;
    std::string models_denied;

    [[nodiscard]] auto operator<=>(const Allowance&) const = default;
};

struct Classes {
    std::map<Allowance, std::int64_t> tokens;
    bool complete = true;  // false: there were more than the limit, and some are not counted
};

/// Counts the tokens that the data plane would accept now. `limit`: combinations of master, epoch
/// and restrictions that are looked at.
[[nodiscard]] Classes count_classes(Tx& tx, const Masters& masters, size_t limit);

}  // namespace ezapi::keys
