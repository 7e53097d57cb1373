#include "upstream_url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "ezapi/resource/field.hpp"

namespace ezapi::provider_groups {

namespace {

UpstreamUrl bad(std::string fault) {
    return {{}, std::move(fault)};
}

bool is_alnum(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// RFC 3986 pchar and '/', with percent signs that begin an octet.
bool is_path(std::string_view path) {
    for (size_t at = 0; at < path.size(); ++at) {
        const char c = path[at];
        if (c == '%') {
            const bool octet = at + 2 < path.size() &&
                               std::isxdigit(static_cast<unsigned char>(path[at + 1])) != 0 &&
                               std::isxdigit(static_cast<unsigned char>(path[at + 2])) != 0;
            if (!octet) return false;
        } else if (!is_alnum(c) &&
                   std::string_view("-._~!$&'()*+,;=:@/").find(c) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

/// Names are made of labels of letters, digits, '-' and '_'; container networks use the underscore.
bool is_name(std::string_view host) {
    if (host.empty() || host.size() > 253) return false;
    size_t label = 0;
    for (const char c : host) {
        if (c == '.') {
            if (label == 0) return false;
            label = 0;
        } else if (is_alnum(c) || c == '-' || c == '_') {
            if (++label > 63) return false;
        } else {
            return false;
        }
    }
    return true;
}

bool is_ipv6_literal(std::string_view host) {
    if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
    const std::string_view inner = host.substr(1, host.size() - 2);
    return inner.find(':') != std::string_view::npos &&
           std::all_of(inner.begin(), inner.end(), [](char c) {
               return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
           });
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

/// Where the host ends and a port may follow.
size_t host_end(std::string_view authority) {
    if (authority.starts_with('[')) {
        const size_t close = authority.find(']');
        return close == std::string_view::npos ? authority.size() : close + 1;
    }
    return std::min(authority.find(':'), authority.size());
}

}  // namespace

UpstreamUrl read_upstream_url(std::string_view text) {
    if (text.size() > kMaxUrl)
        return bad("expected at most " + std::to_string(kMaxUrl) + " bytes, found " +
                   std::to_string(text.size()));
    const size_t colon = text.find("://");
    const std::string scheme =
        colon == std::string_view::npos ? std::string() : lower_case(text.substr(0, colon));
    if (scheme != "http" && scheme != "https")
        return bad("expected an address that begins with https:// or http://");
    const std::string_view rest = text.substr(colon + 3);
    if (rest.find('#') != std::string_view::npos) return bad("a fragment (#) is not allowed");
    if (rest.find('?') != std::string_view::npos) return bad("a query (?) is not allowed");

    const std::string_view authority = rest.substr(0, rest.find('/'));
    std::string_view path = rest.substr(authority.size());
    if (authority.find('@') != std::string_view::npos)
        return bad("user information (@) is not allowed: credentials belong into an API key");
    const std::string host = lower_case(authority.substr(0, host_end(authority)));
    const std::string_view port = authority.substr(host.size());
    if (!is_name(host) && !is_ipv6_literal(host))
        return bad("the host is not a name or an IP address");
    if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1))))
        return bad("expected a port from 1 to 65535 behind the host");
    if (!is_path(path)) return bad("the path holds a character that must be percent-encoded");
    while (path.ends_with('/')) path.remove_suffix(1);
    return {scheme + "://" + host + std::string(port) + std::string(path), {}};
}

}  // namespace ezapi::provider_groups
