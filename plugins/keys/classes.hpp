// Tokens grouped by their permissions. Many tokens are alike, so that a question about a million
// tokens is answered from a few classes. Each class is evaluated by the code that also renders
// tokens for the data plane.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "effective.hpp"

namespace ezapi::keys {

/// Lists are JSON arrays as text; empty means no restriction.
struct Allowance {
    std::string group;
    std::string namespaces;
    std::string models;
    std::string models_denied;

    [[nodiscard]] auto operator<=>(const Allowance&) const = default;
};

struct Classes {
    std::map<Allowance, std::int64_t> tokens;
    bool complete = true;  // false: more than the limit; some tokens are not counted
};

/// Counts the tokens that the data plane would accept now. `limit`: the most combinations of
/// master, epoch and restrictions that are examined.
[[nodiscard]] Classes count_classes(Tx& tx, const Masters& masters, size_t limit);

}  // namespace ezapi::keys
