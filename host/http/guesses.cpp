#include "host/http/guesses.hpp"

namespace ezapi::host::http {

namespace {

constexpr auto kWindow = std::chrono::seconds(60);
constexpr size_t kSources = 10'000;

/// Whoever has one IPv6 address has its whole /64.
std::string network_of(std::string_view source) {
    size_t colons = 0;
    for (size_t i = 0; i < source.size(); ++i) {
        if (source[i] == ':' && ++colons == 4) return std::string(source.substr(0, i));
    }
    return std::string(source);
}

}  // namespace

int Guesses::wrong(std::string_view source, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (windows_.size() >= kSources) make_room(now);
    Window& window = windows_[network_of(source)];
    if (window.count == 0 || now - window.begin >= kWindow) window = {now, 0};
    if (window.count < per_minute_) {
        ++window.count;
        return 0;
    }
    const auto left = window.begin + kWindow - now;
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(left).count());
}

void Guesses::make_room(Clock::time_point now) {
    std::erase_if(windows_, [&](const auto& entry) { return now - entry.second.begin >= kWindow; });
    for (size_t least = 1; windows_.size() >= kSources; ++least) {
        std::erase_if(windows_, [&](const auto& entry) { return entry.second.count <= least; });
    }
}

}  // namespace ezapi::host::http
