// Validates and normalizes the URL of an upstream before it is stored: the data plane sends
// credentials to it.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/url.hpp"

namespace ezapi::provider_groups {

/// Either the normalized URL (scheme and host in lower case, no trailing slash), or what is wrong
/// with it.
struct UpstreamUrl {
    std::string url;
    std::string fault;  // empty: valid
};

/// Accepts `http(s)://host[:port][/path]` as ezapi/url.hpp reads it, without a query.
[[nodiscard]] UpstreamUrl read_upstream_url(std::string_view text);

}  // namespace ezapi::provider_groups
