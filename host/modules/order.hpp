// In which order plugins start: providers first. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace ezapi::host::modules {

struct Node {
    std::string name;
    std::vector<std::string> before_me;  // depends_on and after; names that are no node are ignored
};

struct Order {
    std::vector<std::string> names;  // of equal rank by name; without those in or behind a cycle
    std::vector<std::vector<std::string>>
        cycles;  // each from its first name by spelling: a, b (b -> a)
};

[[nodiscard]] Order start_order(std::span<const Node> nodes);

/// "a -> b -> a", an arrow meaning "needs".
[[nodiscard]] std::string cycle_text(const std::vector<std::string>& cycle);

}  // namespace ezapi::host::modules
