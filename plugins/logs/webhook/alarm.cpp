#include "webhook/alarm.hpp"

#include "ezapi/json.hpp"
#include "webhook/deliveries.hpp"

namespace ezapi::logs {
namespace {

/// Counting stops here: beyond this number the exact count does not matter.
constexpr int kMostCounted = 100'000;
constexpr int kModelsNamed = 5;

/// Error counts by model in descending order; every row also has the total. The condition matches
/// that of the partial index.
constexpr std::string_view kCount =
    "SELECT model, count(*), sum(count(*)) OVER () FROM ("
    "  SELECT model FROM request_logs WHERE status_code >= 400 AND status_code >= $1"
    "    AND created_at >= $2 AND created_at < $3 LIMIT $4) AS failed "
    "GROUP BY model ORDER BY 2 DESC, 1 LIMIT $5";

constexpr std::string_view kRaise =
    "UPDATE webhook_settings SET last_alert_at = $2 "
    "WHERE id = $1 AND enabled AND last_alert_at IS NOT DISTINCT FROM $3";

std::string payload(const WebhookSettings& webhook, const Rows& errors, Timestamp now) {
    Json models = Json::array();
    for (size_t row = 0; row < errors.size(); ++row)
        models.push_back({{"model", errors.text(row, 0)}, {"errors", errors.integer(row, 1)}});
    return dump_json({{"event", "alert"},
                      {"errors", errors.integer(0, 2)},
                      {"threshold", webhook.threshold},
                      {"min_status", webhook.min_status},
                      {"window",
                       {{"seconds", webhook.window.count()},
                        {"from", format_time(now - webhook.window)},
                        {"to", format_time(now)}}},
                      {"models", std::move(models)},
                      {"at", format_time(now)}});
}

}  // namespace

bool Alarm::check(Timestamp now) const {
    const WebhookSettings webhook = read_webhook(main_);
    if (!webhook.enabled || webhook.url.empty()) return false;
    if (webhook.last_alert_at && now < *webhook.last_alert_at + webhook.cooldown) return false;
    const Rows errors = logs_.query(
        kCount, {webhook.min_status, now - webhook.window, now, kMostCounted, kModelsNamed});
    if (errors.empty() || errors.integer(0, 2) < webhook.threshold) return false;
    Tx tx = main_.begin();
    if (tx.query(kRaise, {kWebhookId, now, webhook.last_alert_at}).affected() == 0) return false;
    Deliveries::enqueue(tx, payload(webhook, errors, now), now);
    tx.commit();
    return true;
}

}  // namespace ezapi::logs
