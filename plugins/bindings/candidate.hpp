// The bindings of one public model, each resolved to an upstream model with the usable API keys of
// its group, or to the reason why it cannot serve. The snapshot for the data plane and the
// explanation are both built from this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/db.hpp"
#include "groups.hpp"
#include "pattern.hpp"

namespace ezapi::bindings {

/// One row of `bindings`.
struct Binding {
    std::int64_t id = 0;
    std::string name;  // namespace.public_model
    std::string space;
    std::string public_model;
    std::int64_t group_id = 0;
    std::string route_group;
    std::int64_t weight = 0;
    std::string selector_type;
    std::string selector_value;
    std::string status;
    std::int64_t updated_at = 0;  // unix seconds
    std::int64_t version = 0;
};

/// The SELECT list and the FROM clause (alias `b`) for `read_bindings`; the caller appends WHERE
/// and ORDER BY.
[[nodiscard]] const std::string& select_bindings();

[[nodiscard]] std::vector<Binding> read_bindings(const Rows& rows);

inline constexpr std::string_view kConfigError = "config_error";  // not exactly one match
inline constexpr std::string_view kNoProvider = "no_provider";    // no usable API key

/// A binding and what it resolves to.
struct Candidate {
    Binding binding;
    const Group* group = nullptr;  // nullptr: the group does not exist
    size_t hits = 0;               // number of models that the selector matches
    std::string_view model;        // set when hits is 1
    std::string_view error = {};   // empty: it can serve
};

/// Candidates, and the owners of the texts that they refer to.
struct Resolved {
    Groups groups;
    Patterns patterns;
    std::vector<Candidate> candidates;  // in the order of the bindings
};

[[nodiscard]] Resolved resolve(Tx& tx, const ProviderGroups& reader, std::vector<Binding> bindings);

}  // namespace ezapi::bindings
