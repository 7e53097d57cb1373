// One outgoing HTTP or HTTPS request and its answer, with a limit on everything: time, size, and
// where it may connect to. A redirect is an answer like any other; who follows one makes the next
// request and is checked again.
//
// The address that a name resolves to is judged where the connection is made, and the connection
// goes to that address: there is no second look-up that could answer otherwise.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace ezapi::outgoing {

struct Limits {
    std::chrono::milliseconds connect{5000};
    std::chrono::milliseconds silence{15000};  // between two pieces of the answer
    std::chrono::milliseconds total{30000};
    size_t max_bytes = size_t{64} * 1024 * 1024;  // of the answer's body
};

struct Request {
    std::string method = "GET";
    std::string url;
    std::map<std::string, std::string> headers = {};
    std::string body = {};
    /// Whether the body of an answer with this status is read; unset: never.
    std::function<bool(int status)> wants_body = {};
    /// Why it may not connect to this address (IPv4 or IPv6 as text); empty: it may. Unset: to any.
    std::function<std::string(const std::string& address)> refusal = {};
};

struct Answer {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;

    [[nodiscard]] std::string header(const std::string& lower_case_name) const {
        const auto found = headers.find(lower_case_name);
        return found == headers.end() ? std::string() : found->second;
    }
};

/// Throws Error with the reason where there was no complete answer: EZ_TIMEOUT, EZ_DENIED where the
/// address was refused, EZ_INVALID for a url that is none, else EZ_UNAVAILABLE. `cancelled` is
/// asked from another thread, about ten times a second.
[[nodiscard]] Answer exchange(const Request& request,
                              const Limits& limits,
                              const std::function<bool()>& cancelled);

/// The absolute address of a `Location`, relative to where it was sent from. Throws EZ_INVALID.
[[nodiscard]] std::string resolved(const std::string& url, const std::string& location);

/// Why it is no address that can be asked: not http or https, no host, or user information; empty:
/// it can.
[[nodiscard]] std::string url_fault(const std::string& url);

/// Its host, an IPv6 address without brackets; empty where there is none.
[[nodiscard]] std::string host_of(const std::string& url);

/// Scheme and authority alone, for messages about addresses whose path is a secret.
[[nodiscard]] std::string origin_of(const std::string& url);

/// The address without user information, query and fragment, for messages.
[[nodiscard]] std::string shown_url(const std::string& url);

}  // namespace ezapi::outgoing
