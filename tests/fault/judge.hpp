// Holds what the data plane and the database show against what the writers did.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/dataplane/node.hpp"
#include "tests/fault/history.hpp"

namespace ezapi::tests {

/// An entity's state as somebody shows it.
struct Shown {
    std::int64_t number = 0;  // of the operation that wrote it
    bool active = true;

    bool operator==(const Shown&) const = default;
};

/// What stands in a flag, token or namespace as Redis has it.
[[nodiscard]] Shown shown_in(const std::string& resource, const std::string& content);

using State = std::map<KeyName, Shown>;

struct Verdict {
    std::vector<std::string> violations;
    size_t operations = 0;    // acknowledged ones that were found in the end
    size_t observations = 0;  // of the data plane
    size_t promises = 0;      // "applied" told to a writer or by a node, and kept
};

/// The last acknowledged operation of each key, or the one in doubt after it.
void judge_state(const std::map<KeyName, Operations>& operations,
                 const State& state,
                 const std::string& whose,
                 Verdict& verdict);

/// Every observation is of an operation that was made, none goes back, and none is older than what
/// was told to be applied before it was made.
void judge_node(const std::map<KeyName, Operations>& operations,
                const std::vector<Seen>& seen,
                const std::vector<Applied>& applied,
                Verdict& verdict);

}  // namespace ezapi::tests
