// The address of an upstream, judged and brought into one form before it is stored: what is stored
// here is where the data plane sends credentials.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/url.hpp"

namespace ezapi::provider_groups {

/// Either the address in its one form (scheme and host in lower case, no slash at the end), or what
/// is wrong with it.
struct UpstreamUrl {
    std::string url;
    std::string fault;  // empty: none
};

/// Accepts `http(s)://host[:port][/path]` as ezapi/url.hpp reads it, without a query.
[[nodiscard]] UpstreamUrl read_upstream_url(std::string_view text);

}  // namespace ezapi::provider_groups
