// The data plane's access rules, in its order, evaluated on what the database holds. Invariant: the
// data plane refuses by the first rule that fails. Later rules are evaluated as well, so that
// whoever fixes the first failure sees the next one.
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
    std::string_view refusal;  // the data plane's error code when the rule fails
    Verdict verdict = Verdict::skipped;
    /// The entity that decided the rule; `resource` is empty when there is none.
    std::string_view resource = {};
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::string detail = {};
};

/// A candidate, and why it is not used; `reason` is empty when it is used.
struct Choice {
    const Candidate* candidate;
    std::string_view reason;
};

/// The route group of the token, and the outcome for each candidate. Empty for an unknown token.
struct Routing {
    std::string route_group;
    std::vector<Choice> choices;

    [[nodiscard]] bool serves() const;
};

[[nodiscard]] Routing route(const Facts& facts);

[[nodiscard]] std::vector<Rule> judge(const Facts& facts, const Routing& routing);

/// The refusal of the first rule that fails; empty when the request is allowed.
[[nodiscard]] std::string_view refusal(const std::vector<Rule>& rules);

}  // namespace ezapi::bindings
