// HTTP and HTTPS URLs by the grammar of RFC 3986. Settings, fields of entities, redirects and
// origins are all read by this strict parser.
//
//     const std::string fault = url_fault("https://api.example:8443/v1?a=b");  // empty: valid
//     const Url url = Url::parse("https://api.example:8443/v1?a=b");  // throws Error, EZ_INVALID
//
// Refused: user information, fragments, spaces, control characters (also percent-encoded ones),
// characters beyond ASCII, empty labels, ports outside 1 to 65535, and hosts that look like an IPv4
// address without being one (999.1.1.1, 0x7f.1, 127.1), because programs interpret them
// differently. Messages quote at most the scheme, because a URL can contain a secret.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ezapi/base/hex.hpp"
#include "ezapi/error.hpp"
#include "ezapi/escape.hpp"
#include "ezapi/network.hpp"
#include "ezapi/text.hpp"

namespace ezapi {

inline constexpr size_t kMaxUrl = 2048;  // bytes

namespace detail {

[[nodiscard]] inline bool is_ascii_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Why a text cannot be part of a URL; empty when no character forbids it.
[[nodiscard]] inline std::string url_byte_fault(std::string_view text) {
    if (std::string fault = control_fault(text); !fault.empty()) return fault;
    for (const char c : text) {
        if (c == ' ') return "holds a space, which must be percent-encoded";
        if (static_cast<unsigned char>(c) >= 0x80)
            return "holds a character beyond ASCII: a host is written in Punycode, the rest "
                   "percent-encoded";
    }
    return {};
}

/// Whether lenient parsers would read the host as an IPv4 address: its last label is a decimal,
/// octal or hexadecimal number.
[[nodiscard]] inline bool ends_in_number(std::string_view host) {
    std::string_view label = host.substr(host.rfind('.') + 1);  // the whole host when it has no dot
    const bool hex = label.starts_with("0x") || label.starts_with("0X");
    if (hex) label.remove_prefix(2);
    if (label.empty()) return hex;
    for (const char c : label) {
        if (hex ? hex_digit(c) < 0 : (c < '0' || c > '9')) return false;
    }
    return true;
}

/// Labels of letters, digits, '-' and '_', separated by dots. Container networks use '_'.
[[nodiscard]] inline std::string host_name_fault(std::string_view host) {
    if (host.size() > 253) return "the host is longer than 253 characters";
    for (size_t begin = 0; begin <= host.size();) {
        const size_t end = std::min(host.find('.', begin), host.size());
        const std::string_view label = host.substr(begin, end - begin);
        if (label.empty()) return "the host has an empty label";
        if (label.size() > 63) return "a label of the host is longer than 63 characters";
        if (label.front() == '-' || label.back() == '-')
            return "a label of the host begins or ends with '-'";
        for (const char c : label) {
            if (!is_ascii_alnum(c) && c != '-' && c != '_')
                return "the host is not a name or an IP address";
        }
        begin = end + 1;
    }
    return {};
}

[[nodiscard]] inline std::string host_fault(std::string_view host) {
    if (host.empty()) return "the host is missing";
    if (host.front() == '[' || host.back() == ']') {
        const bool closed = host.size() > 2 && host.front() == '[' && host.back() == ']';
        const std::string_view inner = closed ? host.substr(1, host.size() - 2) : "";
        if (inner.find(':') == std::string_view::npos || !Address::parse(inner))
            return "expected an IPv6 address between the brackets";
        return {};
    }
    if (std::string fault = host_name_fault(host); !fault.empty()) return fault;
    if (ends_in_number(host) && !Address::parse(host))
        return "the host is not an IPv4 address: expected four numbers from 0 to 255 without "
               "leading zeros";
    return {};
}

/// Accepts `pchar` of RFC 3986 and the characters in `also`. A percent sign must start an octet
/// that is not a control character.
[[nodiscard]] inline std::string url_part_fault(std::string_view text,
                                                std::string_view what,
                                                std::string_view also) {
    for (size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '%') {
            const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
            const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
            if (high < 0 || low < 0)
                return "the " + std::string(what) + " holds a '%' without two hexadecimal digits";
            const int octet = high * 16 + low;
            if (octet < 0x20 || octet == 0x7F)
                return "the " + std::string(what) + " holds an encoded control character";
        } else if (!is_ascii_alnum(c) &&
                   std::string_view("-._~!$&'()*+,;=:@").find(c) == std::string_view::npos &&
                   also.find(c) == std::string_view::npos) {
            return "the " + std::string(what) + " holds a character that must be percent-encoded";
        }
    }
    return {};
}

/// Removes dot segments (RFC 3986, 5.2.4).
[[nodiscard]] inline std::string without_dot_segments(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const size_t slash = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, slash);
        const bool last = slash == path.size();
        if (segment == "/..") out.erase(std::min(out.rfind('/'), out.size()));
        if (segment != "/." && segment != "/..") {
            out += segment;
        } else if (last) {
            out += '/';
        }
        path.remove_prefix(slash);
    }
    return out;
}

}  // namespace detail

/// `host[:port]`, as in a URL or in the header field Host.
struct Authority {
    std::string host;        // lower case; an IPv6 address in brackets
    std::uint16_t port = 0;  // 0: none is given

    /// Throws EZ_INVALID with the reason.
    [[nodiscard]] static Authority parse(std::string_view text) {
        const auto refuse = [](std::string why) { throw Error(EZ_INVALID, std::move(why)); };
        if (std::string fault = detail::url_byte_fault(text); !fault.empty())
            refuse(std::move(fault));
        if (text.find('@') != std::string_view::npos) refuse("user information is not allowed");
        const size_t close = text.starts_with('[') ? text.find(']') : std::string_view::npos;
        const size_t end =
            close != std::string_view::npos ? close + 1 : std::min(text.find(':'), text.size());
        Authority out;
        out.host = lower_case(text.substr(0, end));
        if (std::string fault = detail::host_fault(out.host); !fault.empty())
            refuse(std::move(fault));
        std::string_view port = text.substr(end);
        if (port.empty()) return out;
        const bool begins = port.front() == ':';
        port.remove_prefix(1);
        const auto [at, fault] = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (!begins || port.empty() || port.front() == '0' || fault != std::errc{} ||
            at != port.data() + port.size())
            refuse("expected a port from 1 to 65535 behind the host");
        return out;
    }

    [[nodiscard]] std::string text() const {
        return port == 0 ? host : host + ":" + std::to_string(port);
    }
};

struct Url {
    std::string scheme;  // "http" or "https"
    Authority authority;
    std::string path;   // empty, or begins with '/'; as it was given
    std::string query;  // empty, or begins with '?'; as it was given

    /// Throws EZ_INVALID with the reason.
    [[nodiscard]] static Url parse(std::string_view text) {
        const auto refuse = [](std::string why) { throw Error(EZ_INVALID, std::move(why)); };
        if (text.size() > kMaxUrl)
            refuse("expected at most " + std::to_string(kMaxUrl) + " bytes, found " +
                   std::to_string(text.size()));
        if (std::string fault = detail::url_byte_fault(text); !fault.empty())
            refuse(std::move(fault));
        const size_t colon = text.find("://");
        Url out;
        if (colon != std::string_view::npos) out.scheme = lower_case(text.substr(0, colon));
        if (out.scheme != "http" && out.scheme != "https")
            refuse("expected an address that begins with https:// or http://, found " +
                   (out.scheme.empty() ? std::string("none")
                                       : in_quotes(text.substr(0, std::min<size_t>(colon, 20)))));
        std::string_view rest = text.substr(colon + 3);
        const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
        rest.remove_prefix(authority.size());
        if (rest.find('#') != std::string_view::npos) refuse("a fragment (#) is not allowed");
        out.authority = Authority::parse(authority);
        const size_t question = std::min(rest.find('?'), rest.size());
        out.path = rest.substr(0, question);
        out.query = rest.substr(question);
        if (std::string fault = detail::url_part_fault(out.path, "path", "/"); !fault.empty())
            refuse(std::move(fault));
        if (std::string fault = detail::url_part_fault(out.query, "query", "/?"); !fault.empty())
            refuse(std::move(fault));
        return out;
    }

    /// The port to connect to, by default that of the scheme.
    [[nodiscard]] std::uint16_t port() const {
        if (authority.port != 0) return authority.port;
        return scheme == "https" ? 443 : 80;
    }

    /// The host, an IPv6 address without brackets.
    [[nodiscard]] std::string address() const {
        const std::string& host = authority.host;
        return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
    }

    /// The target of the request line: path and query.
    [[nodiscard]] std::string target() const { return (path.empty() ? "/" : path) + query; }

    [[nodiscard]] std::string origin() const { return scheme + "://" + authority.text(); }

    [[nodiscard]] std::string text() const { return origin() + path + query; }

    /// Resolves a reference found at this URL, such as a `Location` (RFC 3986, 5.2), and drops its
    /// fragment. Throws EZ_INVALID when the result is not valid.
    [[nodiscard]] Url resolved(std::string_view reference) const {
        reference = reference.substr(0, reference.find('#'));
        const size_t colon = reference.find(':');
        if (colon != std::string_view::npos && colon < reference.find_first_of("/?"))
            return normalized(parse(reference));
        if (reference.starts_with("//"))
            return normalized(parse(scheme + ":" + std::string(reference)));
        std::string base = origin();
        if (!reference.starts_with('/')) {
            const bool same_path = reference.empty() || reference.front() == '?';
            base += same_path ? path : path.substr(0, path.rfind('/') + 1);
            if (!same_path && path.empty()) base += '/';
            if (reference.empty()) base += query;
        }
        return normalized(parse(base + std::string(reference)));
    }

private:
    static Url normalized(Url url) {
        url.path = detail::without_dot_segments(url.path);
        return url;
    }
};

/// Why a URL is not valid; empty when it is.
[[nodiscard]] inline std::string url_fault(std::string_view text) {
    try {
        (void)Url::parse(text);
        return {};
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace ezapi
