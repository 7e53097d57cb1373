#include "host/http/policy/guesses.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "ezapi/base/crypto.hpp"

namespace ezapi::host::http {

namespace {

constexpr auto kWindow = std::chrono::seconds(60);
constexpr size_t kSources = 10'000;
constexpr int kSiteBits = 48;
constexpr size_t kSiteFactor = 16;  // a site may guess as often as this many clients

/// Of SHA-256, so that an attacker cannot make two guesses count as one.
uint64_t digest_of(std::string_view credential) {
    uint64_t out = 0;
    std::memcpy(&out, sha256(credential).data(), sizeof out);
    return out;
}

int seconds_until(Guesses::Clock::time_point end, Guesses::Clock::time_point now) {
    if (end <= now) return 0;
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(end - now).count());
}

}  // namespace

size_t Guesses::SourceHash::operator()(const Source& source) const noexcept {
    const std::string_view bytes(reinterpret_cast<const char*>(source.network.data()),
                                 source.network.size());
    return std::hash<std::string_view>{}(bytes) ^
           (static_cast<size_t>(source.access) * 2 + (source.is_site ? 1 : 0));
}

int Guesses::locked(int32_t access, std::string_view text, Clock::time_point now) {
    if (latest_lock_end_.load() <= now.time_since_epoch().count()) return 0;
    const Source source = source_of(access, text);
    const std::lock_guard guard(mutex_);
    return seconds_until(std::max(lock_end(source), lock_end(site_of(source))), now);
}

bool Guesses::has_guessed(int32_t access, std::string_view text, Clock::time_point now) {
    const Source source = source_of(access, text);
    const std::lock_guard guard(mutex_);
    return std::ranges::any_of(std::array{source, site_of(source)}, [&](const Source& each) {
        const auto found = windows_.find(each);
        return found != windows_.end() &&
               (now - found->second.begin < kWindow || found->second.locked_until > now);
    });
}

Guesses::Wrong Guesses::wrong(int32_t access,
                              std::string_view text,
                              std::string_view credential,
                              Clock::time_point now) {
    const Source source = source_of(access, text);
    const uint64_t digest = digest_of(credential);
    const std::lock_guard guard(mutex_);
    Window& window = window_of(source, now);
    const bool is_first = window.answers == 0;
    const bool is_repeated =
        std::find(window.digests.begin(), window.digests.end(), digest) != window.digests.end();
    if (++window.answers > per_minute_ || window.locked_until > now) {
        const auto end = std::max(window.begin + kWindow, window.locked_until);
        if (is_repeated) return {seconds_until(end, now), is_first, false};
    }
    if (is_repeated) return {0, is_first, false};
    window.digests.push_back(digest);
    bool begins_lock = ++window.guesses == per_minute_;
    if (window.guesses >= per_minute_) lock(window, now);
    const bool beyond = window.guesses > per_minute_;  // checked while the lock began
    if (const Source site = site_of(source); site.is_site) {
        Window& of_site = window_of(site, now);
        ++of_site.answers;
        if (++of_site.guesses == per_minute_ * kSiteFactor) {
            begins_lock = true;
            lock(of_site, now);
        }
    }
    return {beyond ? static_cast<int>(kWindow.count()) : 0, is_first, begins_lock};
}

Guesses::Source Guesses::source_of(int32_t access, std::string_view text) {
    Source source;
    source.access = access;
    if (const auto address = Address::parse(text)) {
        source.network = address->client_network().bytes();
    }
    return source;
}

/// The source itself for IPv4.
Guesses::Source Guesses::site_of(const Source& source) {
    const bool is_ipv4 = source.network[10] == 0xFF;  // a /64 has zeros there
    if (is_ipv4) return source;
    Source site = source;
    site.is_site = true;
    std::fill(site.network.begin() + kSiteBits / 8, site.network.end(), 0);
    return site;
}

Guesses::Window& Guesses::window_of(const Source& source, Clock::time_point now) {
    if (windows_.size() >= kSources && !windows_.contains(source)) make_room(now);
    Window& window = windows_[source];
    const bool is_over = now - window.begin >= kWindow && window.locked_until <= now;
    if (window.answers == 0 || is_over) {
        window = {};
        window.begin = now;
    }
    return window;
}

Guesses::Clock::time_point Guesses::lock_end(const Source& source) const {
    const auto found = windows_.find(source);
    return found == windows_.end() ? Clock::time_point{} : found->second.locked_until;
}

void Guesses::lock(Window& window, Clock::time_point now) {
    window.locked_until = now + kWindow;
    latest_lock_end_ =
        std::max(latest_lock_end_.load(), window.locked_until.time_since_epoch().count());
}

void Guesses::make_room(Clock::time_point now) {
    std::erase_if(windows_, [&](const auto& entry) {
        return now - entry.second.begin >= kWindow && entry.second.locked_until <= now;
    });
    for (size_t least = 1; windows_.size() >= kSources; least *= 2) {
        std::erase_if(windows_, [&](const auto& entry) { return entry.second.guesses <= least; });
    }
}

}  // namespace ezapi::host::http
