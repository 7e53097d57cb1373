// The deliveries of the webhook: a history for operators, and a queue that survives a restart. A
// delivery is claimed before it is sent, so that only one of several processes sends it. When that
// process dies, the claim expires and the delivery is due again. Receivers recognize repetitions by
// the delivery's id.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "ezapi/db.hpp"
#include "ezapi/resource/feed.hpp"

namespace ezapi::logs {

struct WebhookDelivery {
    std::int64_t id = 0;
    std::string kind;
    int attempt = 0;  // starts at 1
    std::string payload;
};

/// The outcome of one attempt.
struct Attempt {
    bool delivered = false;
    std::optional<int> status = {};  // HTTP status; nullopt: no answer
    std::string error = {};
    std::chrono::milliseconds took{0};
};

class Deliveries {
public:
    static constexpr int kMostAttempts = 10;
    static constexpr std::int64_t kKept = 1000;
    /// How long a claim lasts; longer than any attempt.
    static constexpr std::chrono::seconds kClaim{120};

    explicit Deliveries(Db db) : db_(std::move(db)) {}

    /// Adds an alert that is due immediately.
    static void enqueue(Tx& tx, const std::string& payload, Timestamp now);

    /// Adds a test delivery that is never retried; the caller settles it.
    [[nodiscard]] WebhookDelivery record_test(const std::string& payload, Timestamp now) const;

    [[nodiscard]] std::optional<WebhookDelivery> claim(Timestamp now) const;

    /// `random`: between 0 and 1, jitter for the next attempt.
    void settle(const WebhookDelivery& delivery,
                const Attempt& attempt,
                Timestamp now,
                double random) const;

    [[nodiscard]] static const Feed& history();

private:
    Db db_;
};

/// The pause after an attempt: doubles from 10 s to 1 h, minus up to one half as jitter.
[[nodiscard]] std::chrono::milliseconds backoff(int attempt, double random);

}  // namespace ezapi::logs
