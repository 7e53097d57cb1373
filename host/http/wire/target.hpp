// Request targets. Only the canonical origin form is accepted ("/admin/masters?limit=5"), so that a
// resource has one spelling and no other spelling bypasses an access rule, here or in a proxy in
// front: no "//", no dot segments, no invalid percent-encoding, no encoded control characters, no
// encoded letters, digits, "-", ".", "_" or "~" (RFC 3986 2.3), only UTF-8. "%2F" stays inside its
// segment, since model names contain slashes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/http/wire/fault.hpp"
#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

/// Why the target is not accepted; nothing: it is.
[[nodiscard]] std::optional<Fault> vet_target(std::string_view target, size_t limit);

/// A target in absolute form, "http://host:8080/path?query".
struct AbsoluteTarget {
    std::string_view authority;
    std::string origin;  // the origin form of the same
};

/// Nothing when the target does not begin with "http://" or "https://".
[[nodiscard]] std::optional<AbsoluteTarget> split_absolute(std::string_view target);

/// Whether the text is a host with an optional port, as a Host field must be (RFC 9110 7.2): a
/// name, an IPv4 address, or an IPv6 address in brackets.
[[nodiscard]] bool is_host(std::string_view text);

/// The path's segments, each percent-decoded after splitting; "/a/" ends in an empty segment. For a
/// path that vet_target has accepted.
[[nodiscard]] std::vector<std::string> segments_of(std::string_view path);

/// The parameters of a query in order, with "+" and percent-encoding decoded. For one that
/// vet_target has accepted.
[[nodiscard]] NameValues query_of(std::string_view query);

}  // namespace ezapi::host::http
