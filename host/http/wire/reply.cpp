#include "host/http/wire/reply.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "ezapi/base/status.hpp"

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

std::string render_head(const Reply& reply, const Delivery& delivery) {
    std::string text;
    text.reserve(512);
    text.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ");
    text.append(reason_phrase(reply.status)).append("\r\nDate: ").append(date_now()).append("\r\n");
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
