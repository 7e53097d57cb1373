// One outgoing HTTP or HTTPS request and its answer, limited in time, size and reachable addresses.
// All outgoing HTTP of the process goes through here, and a Reach checks every address. A redirect
// is returned like any other answer: following it is a new request, which is checked again.
//
// The resolved IP address is checked, and the connection goes to that address: there is no second
// DNS look-up that could return a different one (DNS rebinding).
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
    std::chrono::milliseconds silence{15000};  // between two parts of the answer
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

/// Throws Error with the reason when there was no complete answer: EZ_TIMEOUT, EZ_DENIED when
/// `reach` refuses the address, EZ_INVALID for an invalid url, otherwise EZ_UNAVAILABLE.
/// `cancelled` is called from another thread, about ten times a second.
[[nodiscard]] Answer exchange(const Request& request,
                              const Reach& reach,
                              const Limits& limits,
                              const std::function<bool()>& cancelled);

/// Only scheme and authority, for messages about URLs whose path is a secret.
[[nodiscard]] std::string origin_of(const std::string& url);

/// The URL without its query, for messages.
[[nodiscard]] std::string shown_url(const std::string& url);

}  // namespace ezapi::outgoing
