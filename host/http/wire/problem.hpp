// Problem documents (RFC 9457): the format of every error reply.
#pragma once

#include <string>
#include <string_view>

#include "host/http/wire/reply.hpp"

namespace ezapi::host::http {

struct Problem {
    int status = 500;
    std::string code;     // empty: derived from the status
    std::string detail;   // of a 500 it is only logged
    std::string errors;   // a JSON array of {field,code,message}, or empty
    int retry_after = 1;  // seconds, for 429 and 503
};

/// A 400 about one parameter of the query, which its `errors` name.
[[nodiscard]] Problem bad_parameter(const std::string& code,
                                    const std::string& name,
                                    const std::string& detail);

/// The reply with its content type and the headers that its status requires (WWW-Authenticate,
/// Retry-After). For a 500 it contains only the request id under which the cause is logged.
[[nodiscard]] Reply to_reply(const Problem& problem, std::string_view request_id);

}  // namespace ezapi::host::http
