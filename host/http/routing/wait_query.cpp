#include "host/http/routing/wait_query.hpp"

#include <charconv>
#include <string>

#include "ezapi/error.hpp"

namespace ezapi::host::http {

namespace {

std::chrono::milliseconds limit_of(const std::string& text) {
    double seconds = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (fault != std::errc{} || end != text.data() + text.size() || !(seconds >= 0) ||
        seconds > static_cast<double>(kLongestWait.count())) {
        throw Error(EZ_INVALID,
                    "timeout: expected seconds from 0 to " + std::to_string(kLongestWait.count()) +
                        ", found '" + text.substr(0, 40) + "'")
            .with_field("timeout");
    }
    return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

}  // namespace

std::optional<std::chrono::milliseconds> wait_asked(const NameValues& query) {
    bool waits = false;
    std::chrono::milliseconds limit = kUsualWait;
    for (const auto& [name, value] : query) {
        if (name == "timeout") limit = limit_of(value);
        if (name != "wait") continue;
        if (value != "applied")
            throw Error(EZ_INVALID, "wait: expected applied, found '" + value.substr(0, 40) + "'")
                .with_field("wait");
        waits = true;
    }
    return waits ? std::optional(limit) : std::nullopt;
}

}  // namespace ezapi::host::http
