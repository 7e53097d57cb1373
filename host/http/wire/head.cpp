#include "host/http/wire/head.hpp"

#include <algorithm>
#include <array>

#include "host/http/wire/target.hpp"

namespace ezapi::host::http {

namespace {

constexpr size_t kMethodBytes = 32;
constexpr std::array<std::string_view, 7> kMethods{
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

Fault head_fault(std::string detail) {
    return {400, "bad_request", std::move(detail)};
}

/// Of the forms of RFC 9112 3.2 the origin form, the absolute form, and the asterisk of OPTIONS.
std::optional<Fault> read_target(std::string_view target, size_t limit, Head& head) {
    if (target == "*" && head.method == "OPTIONS") {
        head.target = target;
        return std::nullopt;
    }
    std::string origin;
    if (target.size() <= limit) {
        if (const auto absolute = split_absolute(target)) {
            if (!is_host(absolute->authority)) {
                return Fault{400, "bad_target", "request target: the host is not a valid one"};
            }
            origin = absolute->origin;
            target = origin;
        }
    }
    if (auto fault = vet_target(target, limit)) return fault;
    head.target = target;
    return std::nullopt;
}

std::optional<Fault> parse_request_line(std::string_view line, const Limits& limits, Head& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last) {
        return head_fault("request line: expected a method, a target and a version");
    }
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (!is_token(method) || method.size() > kMethodBytes) {
        return head_fault("request line: the method is not a token");
    }
    if (version == "HTTP/1.1" || version == "HTTP/1.0") {
        head.minor_version = version.back() - '0';
    } else if (version.starts_with("HTTP/") && version.size() == 8) {
        return Fault{505, "version", "request line: expected HTTP/1.1 or HTTP/1.0"};
    } else {
        return head_fault("request line: expected HTTP/1.1 or HTTP/1.0");
    }
    if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
        return Fault{501,
                     "unknown_method",
                     "request line: expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS"};
    }
    head.method = method;
    return read_target(target, limits.target_bytes, head);
}

std::optional<Fault> parse_field(std::string_view line, Head& head) {
    if (line.front() == ' ' || line.front() == '\t') {
        return head_fault("header: a folded line");
    }
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name)) {
        return head_fault("header: a name that is not a token");
    }
    const auto value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) return head_fault("header: a control character");
    head.fields.emplace_back(lowered(name), value);
    return std::nullopt;
}

/// How the body is delimited (RFC 9112 6): by one length, by chunks, or not at all.
std::optional<Fault> read_framing(Head& head) {
    int lengths = 0;
    int codings = 0;
    for (const auto& [name, value] : head.fields) {
        if (name == "content-length") {
            const auto length = decimal(value);
            if (!length) return head_fault("Content-Length: expected digits only");
            head.content_length = *length;
            ++lengths;
        } else if (name == "transfer-encoding") {
            if (!equal_ignoring_case(value, "chunked")) {
                return head_fault("Transfer-Encoding: expected 'chunked'");
            }
            ++codings;
        }
    }
    if (lengths > 1) return head_fault("Content-Length: given more than once");
    if (codings > 1) return head_fault("Transfer-Encoding: given more than once");
    if (lengths + codings > 1) return head_fault("Content-Length and Transfer-Encoding together");
    if (codings == 1 && head.minor_version == 0) {
        return head_fault("Transfer-Encoding: unknown to HTTP/1.0");
    }
    head.chunked = codings == 1;
    return std::nullopt;
}

std::optional<Fault> read_host(const Head& head) {
    const std::string* host = nullptr;
    for (const auto& [name, value] : head.fields) {
        if (name != "host") continue;
        if (host != nullptr) return head_fault("Host: given more than once");
        host = &value;
    }
    if (host == nullptr && head.minor_version == 1) return head_fault("Host: missing");
    if (host != nullptr && !is_host(*host)) {
        return head_fault("Host: expected a name or an address, and a port of at most 65535");
    }
    return std::nullopt;
}

std::optional<Fault> read_expectation(Head& head) {
    const auto expectation = head.field("expect");
    if (!expectation || head.minor_version == 0) return std::nullopt;
    if (!equal_ignoring_case(*expectation, "100-continue")) {
        return Fault{417, "expectation", "Expect: only 100-continue is known"};
    }
    head.expects_continue = head.chunked || head.content_length > 0;
    return std::nullopt;
}

void read_persistence(Head& head) {
    head.keep_alive = head.minor_version == 1;
    const auto connection = head.field("connection");
    if (!connection) return;
    for (const auto option : list_of(*connection)) {
        if (equal_ignoring_case(option, "close")) {
            head.keep_alive = false;
            return;
        }
        if (equal_ignoring_case(option, "keep-alive")) head.keep_alive = true;
    }
}

std::optional<Fault> parse_fields(std::string_view text, const Limits& limits, Head& head) {
    while (!text.empty()) {
        const auto end = text.find("\r\n");
        if (head.fields.size() == limits.fields) {
            return Fault{431,
                         "head_too_large",
                         "header: more than " + std::to_string(limits.fields) + " fields"};
        }
        if (auto fault = parse_field(text.substr(0, end), head)) return fault;
        text.remove_prefix(end + 2);
    }
    return std::nullopt;
}

}  // namespace

std::string_view Head::path() const noexcept {
    return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Head::query() const noexcept {
    const auto question = target.find('?');
    if (question == std::string::npos) return {};
    return std::string_view(target).substr(question + 1);
}

std::optional<std::string> Head::field(std::string_view name) const {
    std::optional<std::string> joined;
    for (const auto& [key, value] : fields) {
        if (key != name) continue;
        if (joined) {
            joined->append(", ").append(value);
        } else {
            joined = value;
        }
    }
    return joined;
}

std::variant<Head, Fault> parse_head(std::string_view text, const Limits& limits) {
    Head head;
    const auto end = text.find("\r\n");
    if (auto fault = parse_request_line(text.substr(0, end), limits, head)) return *fault;
    if (auto fault = parse_fields(text.substr(end + 2), limits, head)) return *fault;
    if (auto fault = read_framing(head)) return *fault;
    if (auto fault = read_host(head)) return *fault;
    if (auto fault = read_expectation(head)) return *fault;
    read_persistence(head);
    return head;
}

}  // namespace ezapi::host::http
