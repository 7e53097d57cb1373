// The deliveries of the webhook: the history that operators read, and the queue that survives a
// restart. A delivery is claimed before it is sent, so that of several processes one sends it; what
// happens to a process in between, it is due again. A receiver tells repetitions by the delivery's
// id.
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
    int attempt = 0;  // the first is 1
    std::string payload;
};

/// What became of one attempt.
struct Attempt {
    bool delivered = false;
    std::optional<int> status = {};  // where there was an answer
    std::string error = {};
    std::chrono::milliseconds took{0};
};

class Deliveries {
public:
    static constexpr int kMostAttempts = 10;
    static constexpr std::int64_t kKept = 1000;
    /// Longer than any attempt takes.
    static constexpr std::chrono::seconds kClaim{120};

    explicit Deliveries(Db db) : db_(std::move(db)) {}

    /// An alert that is due at once.
    static void enqueue(Tx& tx, const std::string& payload, Timestamp now);

    /// A delivery that is not repeated: it is settled by whoever records it.
    [[nodiscard]] WebhookDelivery record_test(const std::string& payload, Timestamp now) const;

    [[nodiscard]] std::optional<WebhookDelivery> claim(Timestamp now) const;

    /// `random`: 0 to 1, spreads the next attempt.
    void settle(const WebhookDelivery& delivery,
                const Attempt& attempt,
                Timestamp now,
                double random) const;

    [[nodiscard]] static const Feed& history();

private:
    Db db_;
};

/// Until the attempt behind this one: twice as long each time, from 10 s to 1 h, less up to a half.
[[nodiscard]] std::chrono::milliseconds backoff(int attempt, double random);

}  // namespace ezapi::logs
