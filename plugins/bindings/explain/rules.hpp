// The rules by which the data plane decides, in its order, applied to what the database holds.
// Invariant: the first rule that fails is the one that the data plane refuses by; the rules behind
// it are judged all the same, so that whoever mends the first sees what comes next.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "facts.hpp"

namespace ezapi::bindings {

enum class Verdict { pass, fail, skipped };

struct Rule {
    std::string_view name;
    std::string_view refusal;  // how the data plane calls it when the rule fails
    Verdict verdict = Verdict::skipped;
    /// What decided it; no resource where there is no entity.
    std::string_view resource = {};
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::string detail = {};
};

/// Why a candidate is not used: empty when it is.
struct Choice {
    const Candidate* candidate;
    std::string_view reason;
};

/// The group by which the token is routed, and what becomes of each candidate; none for a token
/// that nobody knows.
struct Routing {
    std::string route_group;
    std::vector<Choice> choices;

    [[nodiscard]] bool serves() const;
};

[[nodiscard]] Routing route(const Facts& facts);

[[nodiscard]] std::vector<Rule> judge(const Facts& facts, const Routing& routing);

/// The refusal of the first rule that fails; empty: allowed.
[[nodiscard]] std::string_view refusal(const std::vector<Rule>& rules);

}  // namespace ezapi::bindings
