// The sessions that were revoked and have not expired yet, as this process knows them. Sessions are
// admitted only while that knowledge is fresh. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ezapi::host::http {

struct RevokedSession {
    std::string id;
    int64_t expires = 0;  // unix seconds
};

class Revocations {
public:
    using Clock = std::chrono::steady_clock;

    enum class Standing { kValid, kRevoked, kUnknown };

    /// When the database was last read longer ago than this, revocations by other processes may be
    /// missing.
    static constexpr std::chrono::seconds kFresh{60};

    [[nodiscard]] Standing standing(const std::string& id, Clock::time_point now) const;

    void add(RevokedSession session);

    /// The revoked sessions that the database listed when it was read at `asked`; those that have
    /// expired at `unix_now` are removed.
    void refresh(std::vector<RevokedSession> known, Clock::time_point asked, int64_t unix_now);

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, int64_t> expires_;  // by id
    Clock::time_point asked_;
};

}  // namespace ezapi::host::http
