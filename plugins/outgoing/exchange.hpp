// One outgoing HTTP or HTTPS request and its answer, with a limit on everything: time, size, and
// where it may connect to. It is the only way out of the process by HTTP, and nothing leaves
// without a Reach that has judged the address. A redirect is an answer like any other: to follow
// it is another request, which is judged again.
//
// The address that a name resolves to is judged where the connection is made, and the connection
// goes to that address: there is no second look-up that could answer otherwise (DNS rebinding).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "ezapi/url.hpp"
#include "outgoing/reach.hpp"

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

/// Throws Error with the reason where there was no complete answer: EZ_TIMEOUT, EZ_DENIED where
/// `reach` refuses the address, EZ_INVALID for a url that is none, else EZ_UNAVAILABLE. `cancelled`
/// is asked from another thread, about ten times a second.
[[nodiscard]] Answer exchange(const Request& request,
                              const Reach& reach,
                              const Limits& limits,
                              const std::function<bool()>& cancelled);

/// Scheme and authority alone, for messages about addresses whose path is a secret.
[[nodiscard]] std::string origin_of(const std::string& url);

/// The address without query, for messages.
[[nodiscard]] std::string shown_url(const std::string& url);

}  // namespace ezapi::outgoing
