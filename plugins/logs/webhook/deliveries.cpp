#include "webhook/deliveries.hpp"

#include <algorithm>
#include <cmath>

namespace ezapi::logs {
namespace {

constexpr std::chrono::milliseconds kFirstPause{10'000};
constexpr std::chrono::milliseconds kLongestPause{3'600'000};

constexpr std::string_view kInsert =
    "INSERT INTO webhook_deliveries (kind, status, payload, created_at, next_attempt_at, attempts) "
    "VALUES ($1, 'pending', $2, $3, $4, $5) RETURNING id, payload::text";

constexpr std::string_view kForget =
    "DELETE FROM webhook_deliveries WHERE status <> 'pending' "
    "AND id <= (SELECT max(id) FROM webhook_deliveries) - $1";

constexpr std::string_view kClaimNext =
    "UPDATE webhook_deliveries SET attempts = attempts + 1, next_attempt_at = $2 "
    "WHERE id = (SELECT id FROM webhook_deliveries WHERE status = 'pending' "
    "  AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED) "
    "RETURNING id, kind, attempts, payload::text";

/// The attempt number detects that another process has claimed the delivery since.
constexpr std::string_view kSettle =
    "UPDATE webhook_deliveries SET status = $3, response_status = $4, error = $5, "
    "next_attempt_at = $6, finished_at = $7 WHERE id = $1 AND attempts = $2 AND status = 'pending'";

}  // namespace

std::chrono::milliseconds backoff(int attempt, double random) {
    const double longest = static_cast<double>(kLongestPause.count());
    const double pause = std::min(
        longest, static_cast<double>(kFirstPause.count()) * std::exp2(std::max(attempt - 1, 0)));
    return std::chrono::milliseconds(static_cast<std::int64_t>(pause * (1 - 0.5 * random)));
}

void Deliveries::enqueue(Tx& tx, const std::string& payload, Timestamp now) {
    tx.query(kInsert, {"alert", payload, now, now, 0});
    tx.query(kForget, {kKept});
}

WebhookDelivery Deliveries::record_test(const std::string& payload, Timestamp now) const {
    // Not claimed by others meanwhile. If this process dies, the delivery is sent again.
    const Rows rows = db_.query(kInsert, {"test", payload, now, now + kClaim, 1});
    return {rows.integer(0, 0), "test", 1, std::string(rows.text(0, 1))};
}

std::optional<WebhookDelivery> Deliveries::claim(Timestamp now) const {
    const Rows rows = db_.query(kClaimNext, {now, now + kClaim});
    if (rows.empty()) return std::nullopt;
    return WebhookDelivery{rows.integer(0, 0),
                           std::string(rows.text(0, 1)),
                           static_cast<int>(rows.integer(0, 2)),
                           std::string(rows.text(0, 3))};
}

void Deliveries::settle(const WebhookDelivery& delivery,
                        const Attempt& attempt,
                        Timestamp now,
                        double random) const {
    const bool last = delivery.kind == "test" || delivery.attempt >= kMostAttempts;
    const bool finished = attempt.delivered || last;
    const std::optional<Timestamp> at = now;
    const std::optional<Timestamp> again = now + backoff(delivery.attempt, random);
    const std::optional<std::string> error =
        attempt.error.empty() ? std::nullopt : std::optional(attempt.error);
    db_.query(kSettle,
              {delivery.id,
               delivery.attempt,
               attempt.delivered ? "delivered"
               : finished        ? "failed"
                                 : "pending",
               attempt.status,
               error,
               finished ? std::nullopt : again,
               finished ? at : std::nullopt});
}

const Feed& Deliveries::history() {
    static const Feed kHistory(
        {.table = "webhook_deliveries",
         .schema = "WebhookDelivery",
         .fields = fields(choice("kind", {"alert", "test"}).filterable(),
                          choice("status", {"pending", "delivered", "failed"}).filterable(),
                          integer("attempts"),
                          object("payload").about("The body, as it is sent"),
                          integer("response_status")
                              .nullable()
                              .about("Of the last answer; null: there was none"),
                          text("error").nullable().about("Why the last attempt failed"),
                          time("created_at"),
                          time("next_attempt_at").nullable(),
                          time("finished_at").nullable())});
    return kHistory;
}

}  // namespace ezapi::logs
