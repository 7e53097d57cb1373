#include "host/http/wire/target.hpp"

#include <algorithm>
#include <charconv>

#include "ezapi/base/hex.hpp"
#include "ezapi/escape.hpp"
#include "ezapi/network.hpp"

namespace ezapi::host::http {

namespace {

Fault target_fault(std::string detail) {
    return {400, "bad_target", "request target: " + std::move(detail)};
}

constexpr size_t kHostBytes = 255;

bool is_control(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

bool is_unreserved(char c) noexcept {
    return is_digit(c) || is_alpha(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// The first unreserved character that is percent-encoded. For well-formed percent-encoding.
std::optional<char> needlessly_encoded(std::string_view segment) noexcept {
    for (auto at = segment.find('%'); at != std::string_view::npos;
         at = segment.find('%', at + 3)) {
        const int value = hex_digit(segment[at + 1]) * 16 + hex_digit(segment[at + 2]);
        if (is_unreserved(static_cast<char>(value))) return static_cast<char>(value);
    }
    return std::nullopt;
}

std::optional<Fault> vet_segment(std::string_view segment) {
    for (const char c : segment) {
        if (c != '%' && !is_path_char(c)) return target_fault("a character that must be encoded");
    }
    const auto decoded = percent_decoded(segment);
    if (!decoded) return target_fault("a percent sign without two hexadecimal digits");
    if (*decoded == "." || *decoded == "..") return target_fault("a dot segment");
    if (const auto encoded = needlessly_encoded(segment)) {
        return target_fault("the character '" + std::string(1, *encoded) +
                            "' is percent-encoded, expected it as it is");
    }
    if (std::any_of(decoded->begin(), decoded->end(), is_control)) {
        return target_fault("an encoded control character");
    }
    if (!is_utf8(*decoded)) return target_fault("not UTF-8");
    return std::nullopt;
}

std::optional<Fault> vet_path(std::string_view path) {
    std::string_view rest = path.substr(1);
    while (true) {
        const auto slash = rest.find('/');
        const auto segment = rest.substr(0, slash);
        if (segment.empty() && slash != std::string_view::npos) {
            return target_fault("an empty segment");
        }
        if (auto fault = vet_segment(segment)) return fault;
        if (slash == std::string_view::npos) return std::nullopt;
        rest.remove_prefix(slash + 1);
    }
}

std::optional<Fault> vet_query(std::string_view query) {
    for (const char c : query) {
        if (c <= 0x20 || c >= 0x7F || c == '#') {
            return target_fault("a character that must be encoded in the query");
        }
    }
    const auto decoded = percent_decoded(query);
    if (!decoded) return target_fault("a percent sign without two hexadecimal digits");
    if (decoded->find('\0') != std::string::npos) return target_fault("an encoded NUL");
    if (!is_utf8(*decoded)) return target_fault("the query is not UTF-8");
    return std::nullopt;
}

std::string form_decoded(std::string_view text) {
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decoded(spaced).value_or(spaced);
}

}  // namespace

std::optional<Fault> vet_target(std::string_view target, size_t limit) {
    if (target.size() > limit) {
        return Fault{414,
                     "uri_too_long",
                     "request target: " + std::to_string(target.size()) + " bytes, at most " +
                         std::to_string(limit) + " are allowed"};
    }
    if (target.empty() || target.front() != '/') {
        return target_fault("expected the origin form, a path that starts with '/'");
    }
    const auto question = target.find('?');
    if (auto fault = vet_path(target.substr(0, question))) return fault;
    if (question == std::string_view::npos) return std::nullopt;
    return vet_query(target.substr(question + 1));
}

std::optional<AbsoluteTarget> split_absolute(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
        const auto rest = target.substr(scheme.size());
        const auto end = std::min(rest.find_first_of("/?#"), rest.size());
        std::string origin(rest.substr(end));
        if (origin.empty() || origin.front() == '?') origin.insert(0, 1, '/');
        return AbsoluteTarget{rest.substr(0, end), std::move(origin)};
    }
    return std::nullopt;
}

bool is_host(std::string_view text) {
    std::string_view host = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return false;
        host = text.substr(1, end - 1);
        const auto address = Address::parse(host);
        if (!address || address->four()) return false;
        const auto rest = text.substr(end + 1);
        if (!rest.empty() && rest.front() != ':') return false;
        port = rest.empty() ? rest : rest.substr(1);
    } else {
        const auto colon = text.find(':');
        host = text.substr(0, colon);
        if (colon != std::string_view::npos) port = text.substr(colon + 1);
        const bool is_name =
            host.size() <= kHostBytes && std::all_of(host.begin(), host.end(), [](char c) {
                return is_unreserved(c) && c != '~';
            });
        if (host.empty() || !is_name) return false;
    }
    if (port.empty()) return true;
    uint16_t number = 0;
    const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), number);
    return fault == std::errc{} && end == port.data() + port.size();
}

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    std::string_view rest = path.substr(1);
    while (true) {
        const auto slash = rest.find('/');
        const auto segment = rest.substr(0, slash);
        segments.push_back(percent_decoded(segment).value_or(std::string(segment)));
        if (slash == std::string_view::npos) return segments;
        rest.remove_prefix(slash + 1);
    }
}

NameValues query_of(std::string_view query) {
    NameValues parameters;
    while (!query.empty()) {
        const auto ampersand = query.find('&');
        const auto pair = query.substr(0, ampersand);
        if (!pair.empty()) {
            const auto equals = pair.find('=');
            const auto value =
                equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
            parameters.emplace_back(form_decoded(pair.substr(0, equals)), form_decoded(value));
        }
        if (ampersand == std::string_view::npos) break;
        query.remove_prefix(ampersand + 1);
    }
    return parameters;
}

}  // namespace ezapi::host::http
