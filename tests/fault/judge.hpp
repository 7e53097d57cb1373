// Compares what the data plane and the database show with the history of the writers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/dataplane/node.hpp"
#include "tests/fault/history.hpp"

namespace ezapi::tests {

/// An observed state of an entity.
struct Shown {
    std::int64_t number = 0;  // of the operation that wrote it
    bool active = true;

    bool operator==(const Shown&) const = default;
};

/// Parses a flag, token or namespace as stored in Redis.
[[nodiscard]] Shown shown_in(const std::string& resource, const std::string& content);

using State = std::map<KeyName, Shown>;

struct Verdict {
    std::vector<std::string> violations;
    size_t operations = 0;    // acknowledged ones that were found at the end
    size_t observations = 0;  // of the data plane
    size_t promises = 0;      // kept reports of "applied", to a writer or by a node
};

/// Checks that each key has the state of its last acknowledged operation, or of the one in doubt
/// after it.
void judge_state(const std::map<KeyName, Operations>& operations,
                 const State& state,
                 const std::string& whose,
                 Verdict& verdict);

/// Checks that every observation matches an operation, that none goes back, and that none is older
/// than what was reported as applied before it.
void judge_node(const std::map<KeyName, Operations>& operations,
                const std::vector<Seen>& seen,
                const std::vector<Applied>& applied,
                Verdict& verdict);

}  // namespace ezapi::tests
