// Request targets. Only the canonical origin form is let in ("/admin/masters?limit=5"), so that one
// resource has one spelling and nobody gets around an access rule with another: no "//", no dot
// segments, no stray percent signs, no encoded control characters, only UTF-8. "%2F" stays inside
// its segment, since model names contain slashes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/http/fault.hpp"
#include "host/http/syntax.hpp"

namespace ezapi::host::http {

/// The fault of a target, if it has one.
[[nodiscard]] std::optional<Fault> vet_target(std::string_view target, size_t limit);

/// The path's segments, each percent-decoded after splitting; "/a/" ends in an empty segment. For a
/// path that vet_target has let in.
[[nodiscard]] std::vector<std::string> segments_of(std::string_view path);

/// The parameters of a query in order, "+" and percent-encoding undone. For one that was let in.
[[nodiscard]] NameValues query_of(std::string_view query);

}  // namespace ezapi::host::http
