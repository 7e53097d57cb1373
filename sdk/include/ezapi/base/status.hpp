// HTTP statuses: the reason phrase (RFC 9110, section 15, and RFC 6585) and the default `code` of a
// problem document.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace ezapi {

struct HttpStatus {
    int number = 0;
    std::string_view reason;
    std::string_view code = {};  // of a problem document; empty: "error"
};

/// Sorted by number.
inline constexpr std::array kHttpStatuses{
    HttpStatus{100, "Continue"},
    HttpStatus{200, "OK"},
    HttpStatus{201, "Created"},
    HttpStatus{202, "Accepted"},
    HttpStatus{204, "No Content"},
    HttpStatus{206, "Partial Content"},
    HttpStatus{207, "Multi-Status"},
    HttpStatus{301, "Moved Permanently"},
    HttpStatus{302, "Found"},
    HttpStatus{303, "See Other"},
    HttpStatus{304, "Not Modified"},
    HttpStatus{307, "Temporary Redirect"},
    HttpStatus{308, "Permanent Redirect"},
    HttpStatus{400, "Bad Request", "invalid"},
    HttpStatus{401, "Unauthorized", "unauthenticated"},
    HttpStatus{403, "Forbidden", "denied"},
    HttpStatus{404, "Not Found", "not_found"},
    HttpStatus{405, "Method Not Allowed", "method_not_allowed"},
    HttpStatus{406, "Not Acceptable", "not_acceptable"},
    HttpStatus{408, "Request Timeout", "timeout"},
    HttpStatus{409, "Conflict", "conflict"},
    HttpStatus{410, "Gone", "gone"},
    HttpStatus{411, "Length Required", "length_required"},
    HttpStatus{412, "Precondition Failed", "version_mismatch"},
    HttpStatus{413, "Content Too Large", "body_too_large"},
    HttpStatus{414, "URI Too Long", "uri_too_long"},
    HttpStatus{415, "Unsupported Media Type", "unsupported_media_type"},
    HttpStatus{417, "Expectation Failed", "expectation"},
    HttpStatus{422, "Unprocessable Content", "validation"},
    HttpStatus{423, "Locked", "locked"},
    HttpStatus{428, "Precondition Required", "precondition_required"},
    HttpStatus{429, "Too Many Requests", "exhausted"},
    HttpStatus{431, "Request Header Fields Too Large", "head_too_large"},
    HttpStatus{500, "Internal Server Error", "internal"},
    HttpStatus{501, "Not Implemented", "not_implemented"},
    HttpStatus{502, "Bad Gateway", "bad_gateway"},
    HttpStatus{503, "Service Unavailable", "unavailable"},
    HttpStatus{504, "Gateway Timeout", "timeout"},
    HttpStatus{505, "HTTP Version Not Supported", "version"},
};

namespace detail {

[[nodiscard]] constexpr const HttpStatus* find_status(int number) noexcept {
    const auto* const found = std::lower_bound(
        kHttpStatuses.begin(), kHttpStatuses.end(), number, [](const HttpStatus& left, int right) {
            return left.number < right;
        });
    return found != kHttpStatuses.end() && found->number == number ? found : nullptr;
}

}  // namespace detail

/// "Not Found" for 404; "Unknown" for a number that is not in the table.
[[nodiscard]] constexpr std::string_view reason_phrase(int number) noexcept {
    const HttpStatus* found = detail::find_status(number);
    return found != nullptr ? found->reason : "Unknown";
}

/// "not_found" for 404; "error" for a number without a code.
[[nodiscard]] constexpr std::string_view default_code(int number) noexcept {
    const HttpStatus* found = detail::find_status(number);
    return found != nullptr && !found->code.empty() ? found->code : "error";
}

}  // namespace ezapi
