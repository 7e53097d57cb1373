#include "host/http/target.hpp"

#include <algorithm>

namespace ezapi::host::http {

namespace {

Fault target_fault(std::string detail) {
    return {400, "bad_target", "request target: " + std::move(detail)};
}

bool is_control(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

std::optional<Fault> vet_segment(std::string_view segment) {
    for (const char c : segment) {
        if (c != '%' && !is_path_char(c)) return target_fault("a character that must be encoded");
    }
    const auto decoded = percent_decoded(segment);
    if (!decoded) return target_fault("a percent sign without two hexadecimal digits");
    if (*decoded == "." || *decoded == "..") return target_fault("a dot segment");
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
