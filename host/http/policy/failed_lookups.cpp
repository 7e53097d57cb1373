#include "host/http/policy/failed_lookups.hpp"

#include <algorithm>
#include <functional>

namespace ezapi::host::http {

namespace {

/// A collision is harmless: a wrong credential with the hash of a correct one is looked up.
size_t hash_of(std::string_view credential) noexcept {
    return std::hash<std::string_view>{}(credential);
}

}  // namespace

bool FailedLookups::allow(std::string_view credential, Clock::time_point now) const noexcept {
    const auto limit = (now + kBurst * kEach).time_since_epoch().count();
    if (spent_until_.load() < limit) return true;
    const size_t hash = hash_of(credential);
    return found_[hash % kRemembered].load(std::memory_order_relaxed) == hash;
}

bool FailedLookups::allow_others(Clock::time_point now) const noexcept {
    return spent_until_.load() < (now + kBurstOfOthers * kEach).time_since_epoch().count();
}

bool FailedLookups::has_failed(std::string_view credential, Clock::time_point now) const noexcept {
    const size_t hash = hash_of(credential);
    const Failure& failure = failures_[hash % kFailures];
    return failure.hash.load() == hash &&
           now - Clock::time_point(Clock::duration(failure.at.load())) < kRememberFailed;
}

void FailedLookups::found(std::string_view credential) noexcept {
    const size_t hash = hash_of(credential);
    auto& place = found_[hash % kRemembered];
    if (place.load(std::memory_order_relaxed) != hash) place.store(hash, std::memory_order_relaxed);
}

void FailedLookups::failed(std::string_view credential, Clock::time_point now) noexcept {
    const size_t hash = hash_of(credential);
    Failure& failure = failures_[hash % kFailures];
    failure.hash.store(0);  // while the pair is half written, it matches no credential
    failure.at.store(now.time_since_epoch().count());
    failure.hash.store(hash);
    const auto each = std::chrono::duration_cast<Clock::duration>(kEach).count();
    Clock::rep known = spent_until_.load();
    while (!spent_until_.compare_exchange_weak(
        known, std::max(known, now.time_since_epoch().count()) + each)) {
    }
}

}  // namespace ezapi::host::http
