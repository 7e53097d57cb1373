#include "webhook/sender.hpp"

#include "ezapi/base/crypto.hpp"

namespace ezapi::logs {
namespace {

std::map<std::string, std::string> headers_of(const WebhookSettings& webhook,
                                              const WebhookDelivery& delivery,
                                              Timestamp now) {
    const std::string timestamp =
        std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    std::map<std::string, std::string> out{{"Content-Type", "application/json"},
                                           {"X-EZ-Event", delivery.kind},
                                           {"X-EZ-Delivery", std::to_string(delivery.id)},
                                           {"X-EZ-Timestamp", timestamp}};
    if (!webhook.signing_key.empty())
        out["X-EZ-Signature"] = signature(webhook.signing_key, timestamp, delivery.payload);
    return out;
}

std::string verdict(int status) {
    if (status >= 200 && status < 300) return {};
    const std::string answered = "the receiver answered " + std::to_string(status);
    return status >= 300 && status < 400 ? answered + ": redirects are not followed" : answered;
}

}  // namespace

std::string signature(std::string_view key, std::string_view timestamp, std::string_view body) {
    const std::string text = std::string(timestamp) + "." + std::string(body);
    return "sha256=" + to_hex(hmac_sha256(key, text));
}

Attempt Sender::send(const WebhookSettings& webhook,
                     const WebhookDelivery& delivery,
                     Timestamp now,
                     const std::function<bool()>& cancelled) const {
    const auto begin = std::chrono::steady_clock::now();
    Attempt out;
    try {
        const outgoing::Answer answer =
            outgoing::exchange({.method = "POST",
                                .url = webhook.url,
                                .headers = headers_of(webhook, delivery, now),
                                .body = delivery.payload},
                               reach_,
                               limits_,
                               cancelled);
        out.status = answer.status;
        out.error = verdict(answer.status);
        out.delivered = out.error.empty();
    } catch (const Error& error) {
        out.error = error.what();
    }
    out.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    return out;
}

}  // namespace ezapi::logs
