#include "host/http/wire/reply.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace ezapi::host::http {

namespace {

/// The current date; formatted once a second and thread.
const std::string& date_now() {
    thread_local std::time_t second = -1;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != second) {
        text = http_date(now);
        second = now;
    }
    return text;
}

bool has_no_body(int status) noexcept {
    return status < 200 || status == 204 || status == 304;
}

}  // namespace

bool Reply::has(std::string_view name) const noexcept {
    return std::any_of(headers.begin(), headers.end(), [&](const NameValue& header) {
        return equal_ignoring_case(header.first, name);
    });
}

void Reply::set(std::string_view name, std::string_view value) {
    for (auto& header : headers) {
        if (equal_ignoring_case(header.first, name)) {
            header.second = value;
            return;
        }
    }
    headers.emplace_back(name, value);
}

std::string_view reason_of(int status) noexcept {
    switch (status) {
        case 100:
            return "Continue";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 207:
            return "Multi-Status";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 423:
            return "Locked";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Unknown";
    }
}

std::string render_head(const Reply& reply, const Delivery& delivery) {
    std::string text;
    text.reserve(512);
    text.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ");
    text.append(reason_of(reply.status)).append("\r\nDate: ").append(date_now()).append("\r\n");
    for (const auto& [name, value] : reply.headers) {
        text.append(name).append(": ").append(value).append("\r\n");
    }
    if (!has_no_body(reply.status)) {
        text.append("Content-Length: ").append(std::to_string(reply.body.size())).append("\r\n");
    }
    if (delivery.close) {
        text.append("Connection: close\r\n");
    } else if (delivery.say_keep_alive) {
        text.append("Connection: keep-alive\r\n");
    }
    return text.append("\r\n");
}

std::string http_date(int64_t unix_seconds) {
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t time = unix_seconds;
    std::tm utc{};
    gmtime_r(&time, &utc);
    std::array<char, 64> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  kDays[static_cast<size_t>(utc.tm_wday)],
                  utc.tm_mday,
                  kMonths[static_cast<size_t>(utc.tm_mon)],
                  utc.tm_year + 1900,
                  utc.tm_hour,
                  utc.tm_min,
                  utc.tm_sec);
    return text.data();
}

}  // namespace ezapi::host::http
