// Bindings of one public model, and what each of them comes to: an upstream model on the usable API
// keys of its group, or the reason why not. What the data plane is shown and what an explanation
// says both start here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/db.hpp"
#include "groups.hpp"
#include "pattern.hpp"

namespace ezapi::bindings {

/// One row.
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

/// SELECT list and table of what `read_bindings` reads; WHERE and ORDER BY follow. The table is
/// `b`.
[[nodiscard]] const std::string& select_bindings();

[[nodiscard]] std::vector<Binding> read_bindings(const Rows& rows);

inline constexpr std::string_view kConfigError = "config_error";  // not exactly one model
inline constexpr std::string_view kNoProvider = "no_provider";    // no usable API key

/// What a binding comes to.
struct Candidate {
    Binding binding;
    const Group* group = nullptr;  // where it exists
    size_t hits = 0;               // models that the selector finds
    std::string_view model;        // the one, where it is one
    std::string_view error = {};   // empty: it can serve
};

/// Candidates together with what their texts point into.
struct Resolved {
    Groups groups;
    Patterns patterns;
    std::vector<Candidate> candidates;  // in the order of the bindings
};

[[nodiscard]] Resolved resolve(Tx& tx, const ProviderGroups& reader, std::vector<Binding> bindings);

}  // namespace ezapi::bindings
